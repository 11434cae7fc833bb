#pragma once
#include <array>

#include <reel/core/mistake.hpp>
#include <reel/optim/optimizer.hpp>

namespace reel::optim {

struct LionOptions {
  double lr = 1e-4;                           ///< learning rate, not negative
  std::array<double, 2> betas = {0.9, 0.99};  ///< share of m in the step, and share of m that is kept per step; at least 0 and below 1
  double weight_decay = 0;                    ///< decoupled: multiplies p by 1 - lr · weight_decay per step
  bool maximize = false;                      ///< steps along the gradient instead of against it

  void visit(NumberVisitor& v) { v("lr", lr), v("betas", betas), v("weight_decay", weight_decay), v("maximize", maximize); }
};

/// Lion (Chen et al. 2023, "Symbolic discovery of optimization algorithms"): p -= lr · sign(beta₁ · m + (1 - beta₁) · g), then
/// m = beta₂ · m + (1 - beta₂) · g. Good learning rates are 3 to 10 times smaller than Adam's. Constructor and add_group() throw Error for
/// options out of range.
class Lion : public GroupedOptimizer<LionOptions> {
 public:
  explicit Lion(const std::vector<ParameterRef>& parameters, const LionOptions& options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(LionOptions, explicit Lion(const std::vector<ParameterRef>&, ...));
  const char* name() const override { return "Lion"; }

 protected:
  void check(const LionOptions& options) const override;
  void update(std::size_t group, Slot& slot) override;
  MomentNames moment_names(std::size_t group) const override;
};

}  // namespace reel::optim
