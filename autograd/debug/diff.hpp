#pragma once
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <reel/autograd/debug/stepper.hpp>
#include <reel/core/mistake.hpp>

namespace reel::debug {

struct DiffOptions {
  /// Values and gradients are the same when |a - b| <= atol + rtol |b|; by default to the bit.
  double rtol = 0, atol = 0;
  /// Compare the gradients, too.
  bool gradients = true;
};

/// One entry that is not the same in two runs.
struct Difference {
  enum class Kind { value, shape, only_in_first, only_in_second, gradient };
  static constexpr std::size_t none = ~std::size_t{0};

  Kind kind;
  Entry entry;                              ///< of the second run; of the first where it is only there
  std::size_t first = none, second = none;  ///< entry numbers
  double largest = 0;                       ///< |a - b|; NaN where only one of the two is NaN
};

/// Two runs, entry by entry, aligned by op, module path and line (leaves by kind, name and shape), so that one that was put in
/// or left out is reported, and the others are still compared.
class Diff {
 public:
  Diff(std::vector<Difference> differences, std::size_t aligned);

  /// Those of values and ops, oldest first; then those of gradients, in the order of the backward pass.
  std::size_t size() const { return differences_.size(); }
  bool empty() const { return differences_.empty(); }
  const Difference& operator[](std::size_t i) const& { return differences_[i]; }
  Difference operator[](std::size_t i) && { return std::move(differences_[i]); }
  std::vector<Difference>::const_iterator begin() const { return differences_.begin(); }
  std::vector<Difference>::const_iterator end() const { return differences_.end(); }
  /// How many entries stand in both.
  std::size_t aligned() const { return aligned_; }
  /// The first entry at which the runs part. Throws Error when they are the same.
  Entry first_changed() const;
  /// A line a difference; of many the first 20.
  std::string to_string() const;

 private:
  std::vector<Difference> differences_;
  std::size_t aligned_;
};

/// Wherever the two cursors are.
Diff diff(const Stepper& a, const Stepper& b, const DiffOptions& options = {});
REEL_NO_SUCH_OPTION(DiffOptions, Diff diff(const Stepper&, const Stepper&, ...));
Diff diff(const Tensor& a, const Tensor& b, const DiffOptions& options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(DiffOptions, Diff diff(const Tensor&, const Tensor&, ...));

}  // namespace reel::debug
