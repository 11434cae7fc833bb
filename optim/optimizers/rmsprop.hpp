#pragma once
#include <reel/core/mistake.hpp>
#include <reel/optim/optimizer.hpp>

namespace reel::optim {

struct RMSpropOptions {
  double lr = 1e-2;         ///< learning rate, not negative
  double alpha = 0.99;      ///< share of the mean square that is kept per step, not negative
  double eps = 1e-8;        ///< added to the denominator
  double weight_decay = 0;  ///< L2 penalty: adds weight_decay · p to the gradient
  double momentum = 0;      ///< share of b that is kept per step, not negative; 0: none
  bool centered = false;    ///< subtracts the squared running mean of g from s, which gives the variance
  bool maximize = false;    ///< steps along the gradient instead of against it

  void visit(NumberVisitor& v) {
    v("lr", lr), v("alpha", alpha), v("eps", eps), v("weight_decay", weight_decay), v("momentum", momentum);
    v("centered", centered), v("maximize", maximize);
  }
};

/// RMSprop (Tieleman and Hinton 2012; centered: Graves 2013), as PyTorch's: s = alpha · s + (1 - alpha) · g², then p -= lr · g / (√s +
/// eps). With momentum b = momentum · b + g / (√s + eps), then p -= lr · b. Constructor and add_group() throw Error for options out of
/// range.
class RMSprop : public GroupedOptimizer<RMSpropOptions> {
 public:
  explicit RMSprop(const std::vector<ParameterRef>& parameters, const RMSpropOptions& options = {},
                   SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(RMSpropOptions, explicit RMSprop(const std::vector<ParameterRef>&, ...));
  const char* name() const override { return "RMSprop"; }

 protected:
  void check(const RMSpropOptions& options) const override;
  void update(std::size_t group, Slot& slot) override;
  MomentNames moment_names(std::size_t group) const override;
};

}  // namespace reel::optim
