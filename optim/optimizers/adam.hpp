#pragma once
#include <array>

#include <reel/core/mistake.hpp>
#include <reel/optim/optimizer.hpp>

namespace reel::optim {

struct AdamOptions {
  double lr = 1e-3;                            ///< learning rate, not negative
  std::array<double, 2> betas = {0.9, 0.999};  ///< share of m and of v that is kept per step, at least 0 and below 1
  double eps = 1e-8;                           ///< added to the denominator; Keras's default is 1e-7
  double weight_decay = 0;                     ///< L2 penalty: adds weight_decay · p to the gradient
  bool amsgrad = false;                        ///< divides by the largest v so far (Reddi, Kale and Kumar 2018)
  bool maximize = false;                       ///< steps along the gradient instead of against it

  void visit(NumberVisitor& v) {
    v("lr", lr), v("betas", betas), v("eps", eps), v("weight_decay", weight_decay), v("amsgrad", amsgrad), v("maximize", maximize);
  }
};

/// Adam (Kingma and Ba 2015), as PyTorch's: m = beta₁ · m + (1 - beta₁) · g and v = beta₂ · v + (1 - beta₂) · g², then
/// p -= lr · m̂ / (√v̂ + eps) with the bias-corrected m̂ = m / (1 - beta₁ᵗ) and v̂ = v / (1 - beta₂ᵗ) in step t. Constructor and add_group()
/// throw Error for options out of range.
class Adam : public GroupedOptimizer<AdamOptions> {
 public:
  explicit Adam(const std::vector<ParameterRef>& parameters, const AdamOptions& options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(AdamOptions, explicit Adam(const std::vector<ParameterRef>&, ...));
  const char* name() const override { return "Adam"; }

 protected:
  void check(const AdamOptions& options) const override;
  void update(std::size_t group, Slot& slot) override;
  MomentNames moment_names(std::size_t group) const override;
};

struct AdamWOptions {
  double lr = 1e-3;                            ///< learning rate, not negative
  std::array<double, 2> betas = {0.9, 0.999};  ///< share of m and of v that is kept per step, at least 0 and below 1
  double eps = 1e-8;                           ///< added to the denominator
  double weight_decay = 1e-2;                  ///< decoupled: multiplies p by 1 - lr · weight_decay per step
  bool amsgrad = false;                        ///< divides by the largest v so far (Reddi, Kale and Kumar 2018)
  bool maximize = false;                       ///< steps along the gradient instead of against it

  void visit(NumberVisitor& v) {
    v("lr", lr), v("betas", betas), v("eps", eps), v("weight_decay", weight_decay), v("amsgrad", amsgrad), v("maximize", maximize);
  }
};

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019), as PyTorch's: p = (1 - lr · weight_decay) · p - lr · m̂ / (√v̂ + eps), with
/// m̂ and v̂ of Adam from the plain gradient.
class AdamW : public GroupedOptimizer<AdamWOptions> {
 public:
  explicit AdamW(const std::vector<ParameterRef>& parameters, const AdamWOptions& options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(AdamWOptions, explicit AdamW(const std::vector<ParameterRef>&, ...));
  const char* name() const override { return "AdamW"; }

 protected:
  void check(const AdamWOptions& options) const override;
  void update(std::size_t group, Slot& slot) override;
  MomentNames moment_names(std::size_t group) const override;
};

}  // namespace reel::optim
