#pragma once
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <reel/autograd/debug/stepper.hpp>
#include <reel/core/mistake.hpp>

namespace reel::debug {

struct DiffOptions {
  /// Values and gradients count as equal when |a - b| <= atol + rtol |b|. Default 0: bitwise equal.
  double rtol = 0, atol = 0;
  /// Also compare the gradients. Default true.
  bool gradients = true;
};

/// One entry that differs between two runs.
struct Difference {
  enum class Kind { value, shape, only_in_first, only_in_second, gradient };
  static constexpr std::size_t none = ~std::size_t{0};

  Kind kind;
  Entry entry;                              ///< in the second run; in the first if only the first has it
  std::size_t first = none, second = none;  ///< entry numbers
  double largest = 0;                       ///< largest |a - b|; NaN if only one of the two is NaN
};

/// The differences of two runs. Entries are aligned by op, module path and line (leaves by kind, name and shape), so that an inserted or
/// missing entry is reported and the others are still compared.
class Diff {
 public:
  Diff(std::vector<Difference> differences, std::size_t aligned);

  /// Number of differences: first those of values and ops, oldest first; then those of gradients, in the order of the backward pass.
  std::size_t size() const { return differences_.size(); }
  bool empty() const { return differences_.empty(); }
  const Difference& operator[](std::size_t i) const& { return differences_[i]; }
  Difference operator[](std::size_t i) && { return std::move(differences_[i]); }
  std::vector<Difference>::const_iterator begin() const { return differences_.begin(); }
  std::vector<Difference>::const_iterator end() const { return differences_.end(); }
  /// Number of entries that both runs have.
  std::size_t aligned() const { return aligned_; }
  /// The first entry that differs. Throws Error when the runs are equal.
  Entry first_changed() const;
  /// One line per difference; at most the first 20.
  std::string to_string() const;

 private:
  std::vector<Difference> differences_;
  std::size_t aligned_;
};

/// Compares the runs of two steppers; their cursors play no role.
Diff diff(const Stepper& a, const Stepper& b, const DiffOptions& options = {});
REEL_NO_SUCH_OPTION(DiffOptions, Diff diff(const Stepper&, const Stepper&, ...));
Diff diff(const Tensor& a, const Tensor& b, const DiffOptions& options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(DiffOptions, Diff diff(const Tensor&, const Tensor&, ...));

}  // namespace reel::debug
