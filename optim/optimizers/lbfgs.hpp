#pragma once
#include <vector>

#include <reel/core/mistake.hpp>
#include <reel/optim/optimizer.hpp>

namespace reel::optim {

struct LBFGSOptions {
  double lr = 1;                    ///< step length, not negative; with strong_wolfe where the line search starts
  std::int64_t max_iter = 20;       ///< largest number of iterations per step()
  std::int64_t max_eval = 0;        ///< largest number of calls of the closure per step(); 0: max_iter · 5 / 4
  double tolerance_grad = 1e-7;     ///< step() ends when no element of the gradient is larger
  double tolerance_change = 1e-9;   ///< step() ends when parameters or loss change by less
  std::int64_t history_size = 100;  ///< number of past iterations that approximate the inverse Hessian
  bool strong_wolfe = false;        ///< searches along each direction for a point that fulfils the strong Wolfe conditions

  void visit(NumberVisitor& v) {
    v("lr", lr), v("max_iter", max_iter), v("max_eval", max_eval), v("tolerance_grad", tolerance_grad);
    v("tolerance_change", tolerance_change), v("history_size", history_size), v("strong_wolfe", strong_wolfe);
  }
};

/// L-BFGS, the limited-memory quasi-Newton method (Nocedal and Wright 2006, "Numerical Optimization", algorithms 7.4, 3.5 and 3.6), as
/// PyTorch's: p -= t · H g, where H approximates the inverse Hessian from past gradients and steps, and t is lr or comes from the line
/// search. All parameters form one vector, so there is only one group, and step() takes a closure. Computed in float64. If the closure
/// throws, the parameters have the values from before the step.
class LBFGS : public GroupedOptimizer<LBFGSOptions> {
 public:
  explicit LBFGS(const std::vector<ParameterRef>& parameters, const LBFGSOptions& options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(LBFGSOptions, explicit LBFGS(const std::vector<ParameterRef>&, ...));
  const char* name() const override { return "LBFGS"; }
  bool needs_closure() const override { return true; }
  /// The number of calls of the closure so far.
  std::int64_t evaluations() const { return memory_.func_evals; }

 protected:
  using Vector = std::vector<double>;
  struct Memory {
    std::int64_t func_evals = 0, n_iter = 0;
    double t = 0, h_diag = 1;
    Vector d, previous_gradient;
    std::vector<Array> gradients, steps;  // y and s of the last iterations, float64; copies share them
    std::vector<double> ro;
  };
  struct Point {
    double t = 0, loss = 0;
    Vector gradient;
    double slope = 0;  // derivative along the direction
  };

  void check(const LBFGSOptions& options) const override;
  void update(std::size_t, Slot&) override {}
  Tensor step_by(const Closure& closure) override;
  MomentNames moment_names(std::size_t) const override { return {}; }
  State common_state() const override;
  Change prepare_common(const State& state) override;

 private:
  Vector values() const;
  Vector gradient() const;
  /// Sets the parameters to x + t · d.
  void move_to(const Vector& x, double t, const Vector& d);
  Point evaluate(const Closure& closure, const Vector& x, double t);
  Tensor iterate(const Closure& closure);
  void choose_direction(const Vector& gradient);
  void remember(const Vector& gradient);

  Memory memory_;
};

}  // namespace reel::optim
