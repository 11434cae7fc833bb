#pragma once
// Squares of numbers whose squares leave their dtype's range; not installed.
#include <reel/autograd/record.hpp>

namespace reel::detail {

/// For √(Σ x² + eps) along axes: units, powers of 2, in which the squares of each run are within the dtype's range. They are constants, one
/// a run, and absent where 1 does for all, which is nearly always.
class Units {
 public:
  Units(const Array& x, const Ints& axes, double eps);

  bool are_one() const { return !unit_.defined(); }
  /// One a run, with the reduced axes as length 1.
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
