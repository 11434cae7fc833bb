#pragma once
#include <reel/core/mistake.hpp>
#include <reel/optim/optimizer.hpp>

namespace reel::optim {

struct SGDOptions {
  double lr = 1e-2;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;  ///< adds weight_decay · p to the gradient
  bool nesterov = false;    ///< needs momentum and no dampening
  bool maximize = false;    ///< up the gradient instead of down

  void visit(NumberVisitor& v) {
    v("lr", lr), v("momentum", momentum), v("dampening", dampening), v("weight_decay", weight_decay);
    v("nesterov", nesterov), v("maximize", maximize);
  }
};

/// Stochastic gradient descent, as PyTorch's: with momentum v = momentum · v + (1 - dampening) · g (v = g at first), then p -= lr · v, or
/// p -= lr · (g + momentum · v) with Nesterov (Sutskever et al. 2013).
class SGD : public GroupedOptimizer<SGDOptions> {
 public:
  explicit SGD(const std::vector<ParameterRef>& parameters, const SGDOptions& options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(SGDOptions, explicit SGD(const std::vector<ParameterRef>&, ...));
  const char* name() const override { return "SGD"; }

 protected:
  void check(const SGDOptions& options) const override;
  void update(std::size_t group, Slot& slot) override;
  MomentNames moment_names(std::size_t group) const override;
};

}  // namespace reel::optim
