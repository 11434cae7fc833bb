#pragma once
#include <reel/core/mistake.hpp>
#include <reel/optim/optimizer.hpp>

namespace reel::optim {

struct AdagradOptions {
  double lr = 1e-2;
  double lr_decay = 0;      ///< step t has the rate lr / (1 + (t - 1) · lr_decay)
  double weight_decay = 0;  ///< adds weight_decay · p to the gradient
  double initial_accumulator_value = 0;
  double eps = 1e-10;
  bool maximize = false;  ///< up the gradient instead of down

  void visit(NumberVisitor& v) {
    v("lr", lr), v("lr_decay", lr_decay), v("weight_decay", weight_decay), v("initial_accumulator_value", initial_accumulator_value);
    v("eps", eps), v("maximize", maximize);
  }
};

/// Adagrad (Duchi, Hazan and Singer 2011), as PyTorch's: s is the sum of the squared gradients, p -= rate · g / (√s + eps).
class Adagrad : public GroupedOptimizer<AdagradOptions> {
 public:
  explicit Adagrad(const std::vector<ParameterRef>& parameters, const AdagradOptions& options = {},
                   SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(AdagradOptions, explicit Adagrad(const std::vector<ParameterRef>&, ...));
  const char* name() const override { return "Adagrad"; }

 protected:
  void check(const AdagradOptions& options) const override;
  void update(std::size_t group, Slot& slot) override;
  MomentNames moment_names(std::size_t group) const override;
};

struct AdadeltaOptions {
  double lr = 1;
  double rho = 0.9;  ///< how much of the mean squares is kept a step
  double eps = 1e-6;
  double weight_decay = 0;  ///< adds weight_decay · p to the gradient
  bool maximize = false;    ///< up the gradient instead of down

  void visit(NumberVisitor& v) { v("lr", lr), v("rho", rho), v("eps", eps), v("weight_decay", weight_decay), v("maximize", maximize); }
};

/// Adadelta (Zeiler 2012), as PyTorch's: s and u are the running means of the squares of gradients and of steps,
/// p -= lr · √(u + eps) / √(s + eps) · g.
class Adadelta : public GroupedOptimizer<AdadeltaOptions> {
 public:
  explicit Adadelta(const std::vector<ParameterRef>& parameters, const AdadeltaOptions& options = {},
                    SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(AdadeltaOptions, explicit Adadelta(const std::vector<ParameterRef>&, ...));
  const char* name() const override { return "Adadelta"; }

 protected:
  void check(const AdadeltaOptions& options) const override;
  void update(std::size_t group, Slot& slot) override;
  MomentNames moment_names(std::size_t group) const override;
};

}  // namespace reel::optim
