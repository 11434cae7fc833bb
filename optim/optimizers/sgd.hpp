#pragma once
#include <reel/core/mistake.hpp>
#include <reel/optim/optimizer.hpp>

namespace reel::optim {

struct SGDOptions {
  double lr = 1e-2;         ///< learning rate, not negative
  double momentum = 0;      ///< share of v that is kept per step, not negative; 0: none
  double dampening = 0;     ///< reduces the gradient's share in v
  double weight_decay = 0;  ///< L2 penalty: adds weight_decay · p to the gradient
  bool nesterov = false;    ///< Nesterov momentum; needs momentum above 0 and no dampening
  bool maximize = false;    ///< steps along the gradient instead of against it

  void visit(NumberVisitor& v) {
    v("lr", lr), v("momentum", momentum), v("dampening", dampening), v("weight_decay", weight_decay);
    v("nesterov", nesterov), v("maximize", maximize);
  }
};

/// Stochastic gradient descent, as PyTorch's: p -= lr · g. With momentum (Sutskever et al. 2013): v = momentum · v + (1 - dampening) · g,
/// in the first step v = g, then p -= lr · v; with Nesterov momentum p -= lr · (g + momentum · v). Constructor and add_group() throw Error
/// for options out of range.
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
