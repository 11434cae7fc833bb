#pragma once
#include <reel/core/mistake.hpp>
#include <reel/optim/optimizer.hpp>

namespace reel::optim {

struct AdagradOptions {
  double lr = 1e-2;                      ///< learning rate, not negative
  double lr_decay = 0;                   ///< step t has the rate lr / (1 + (t - 1) · lr_decay); not negative
  double weight_decay = 0;               ///< L2 penalty: adds weight_decay · p to the gradient
  double initial_accumulator_value = 0;  ///< initial value of s, not negative
  double eps = 1e-10;                    ///< added to the denominator
  bool maximize = false;                 ///< steps along the gradient instead of against it

  void visit(NumberVisitor& v) {
    v("lr", lr), v("lr_decay", lr_decay), v("weight_decay", weight_decay), v("initial_accumulator_value", initial_accumulator_value);
    v("eps", eps), v("maximize", maximize);
  }
};

/// Adagrad (Duchi, Hazan and Singer 2011), as PyTorch's: s += g², then p -= rate · g / (√s + eps) with the rate of `lr_decay`. Constructor
/// and add_group() throw Error for options out of range.
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
  double lr = 1;            ///< learning rate, not negative
  double rho = 0.9;         ///< share of the mean squares that is kept per step, from 0 to 1
  double eps = 1e-6;        ///< added to both mean squares
  double weight_decay = 0;  ///< L2 penalty: adds weight_decay · p to the gradient
  bool maximize = false;    ///< steps along the gradient instead of against it

  void visit(NumberVisitor& v) { v("lr", lr), v("rho", rho), v("eps", eps), v("weight_decay", weight_decay), v("maximize", maximize); }
};

/// Adadelta (Zeiler 2012), as PyTorch's: s = rho · s + (1 - rho) · g², d = √(u + eps) / √(s + eps) · g, u = rho · u + (1 - rho) · d², then
/// p -= lr · d: s and u are the running mean squares of gradients and of steps. Constructor and add_group() throw Error for options out of
/// range.
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
