#pragma once
#include <reel/core/mistake.hpp>
#include <reel/optim/optimizer.hpp>

namespace reel::optim {

struct RMSpropOptions {
  double lr = 1e-2;
  double alpha = 0.99;  ///< how much of the mean square is kept a step
  double eps = 1e-8;
  double weight_decay = 0;  ///< adds weight_decay · p to the gradient
  double momentum = 0;
  bool centered = false;  ///< divides by the standard deviation: the mean is taken off the mean square
  bool maximize = false;  ///< up the gradient instead of down

  void visit(NumberVisitor& v) {
    v("lr", lr), v("alpha", alpha), v("eps", eps), v("weight_decay", weight_decay), v("momentum", momentum);
    v("centered", centered), v("maximize", maximize);
  }
};

/// RMSprop (Tieleman and Hinton 2012; centered: Graves 2013), as PyTorch's: s is the running mean of the squared gradient,
/// p -= lr · g / (√s + eps), through b = momentum · b + g / (√s + eps) with momentum.
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
