#pragma once
// Adds many float32 numbers to one place in double, because adding them one after the other would lose digits.
#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include <reel/core/array.hpp>

namespace reel::kernels {

/// The most numbers that are added to one place one after the other in float32; more are added in double.
inline constexpr std::size_t most_terms = 128;

/// Returns f(x), computed in float64 if x is float32 and more than most_terms of `terms` numbers may be added to one place.
template <class F>
Array in_double_if_many(const Array& x, std::size_t terms, const F& f) {
  return terms > most_terms && x.dtype() == float32 ? f(x.astype(float64)).astype(float32) : f(x);
}

/// Sums in double, `width` of them for each of `count` places that gets more than `most_terms` terms of T = float. Other places, and other
/// types, have no such sums: their terms are added directly to the result.
template <class T>
class Crowded {
 public:
  /// `places` has the place of each term.
  template <class Index>
  Crowded(std::span<const Index> places, std::size_t count, std::size_t width) : width_(width) {
    if (!std::is_same_v<T, float> || places.size() <= most_terms) return;
    std::vector<std::uint8_t> terms(count);
    for (const Index p : places) {
      std::uint8_t& n = terms[static_cast<std::size_t>(p)];
      n = static_cast<std::uint8_t>(n + (n <= most_terms));
    }
    std::size_t crowded = 0;
    for (const std::uint8_t n : terms) crowded += n > most_terms;
    if (crowded == 0) return;
    slots_.assign(count, 0);
    for (std::size_t p = 0, next = 0; p < count; ++p)
      if (terms[p] > most_terms) slots_[p] = static_cast<std::uint32_t>(++next);
    sums_.resize(crowded * width);
  }

  bool any() const { return !slots_.empty(); }
  /// The sums at a place, or null. Several threads may add to them if no two have the same place and column.
  double* at(std::size_t place) { return slots_[place] > 0 ? sums_.data() + (slots_[place] - 1) * width_ : nullptr; }

  /// Adds the sums to y, (count, width), at places [begin, end) and columns [from, to).
  void add_to(T* y, std::size_t begin, std::size_t end, std::size_t from, std::size_t to) {
    if (!any()) return;
    for (std::size_t p = begin; p < end; ++p)
      if (const double* const sums = at(p))
        for (std::size_t k = from; k < to; ++k) y[p * width_ + k] = static_cast<T>(static_cast<double>(y[p * width_ + k]) + sums[k]);
  }

 private:
  std::size_t width_;
  std::vector<std::uint32_t> slots_;  // 1 and up, 0 for none
  std::vector<double> sums_;
};

}  // namespace reel::kernels
