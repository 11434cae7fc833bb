#pragma once
// Scaling for squares that would leave their dtype's range.
#include <reel/autograd/record.hpp>

namespace reel::detail {

/// For √(Σ x² + eps) along axes: scale factors (units), powers of 2, with which the squares of each run of reduced elements stay within the
/// dtype's range. They are constants, one per run, and absent if 1 is right for all, which is nearly always.
class Units {
 public:
  Units(const Array& x, const Ints& axes, double eps);

  bool are_one() const { return !unit_.defined(); }
  /// One per run, with the reduced axes as length 1.
  const Tensor& unit() const { return unit_; }
  /// x·unit
  Tensor scaled(const Tensor& x) const;
  /// eps·unit²
  Operand eps() const { return are_one() ? Operand(eps_) : Operand(eps_of_runs_); }

 private:
  double eps_;
  Tensor unit_, eps_of_runs_;
};

}  // namespace reel::detail
