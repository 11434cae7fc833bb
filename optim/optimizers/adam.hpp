#pragma once
#include <array>

#include <reel/core/mistake.hpp>
#include <reel/optim/optimizer.hpp>

namespace reel::optim {

struct AdamOptions {
  double lr = 1e-3;
  std::array<double, 2> betas = {0.9, 0.999};
  double eps = 1e-8;        ///< Keras's default is 1e-7
  double weight_decay = 0;  ///< adds weight_decay · p to the gradient
  bool amsgrad = false;     ///< divides by the largest v so far (Reddi, Kale and Kumar 2018)
  bool maximize = false;    ///< up the gradient instead of down

  void visit(NumberVisitor& v) {
    v("lr", lr), v("betas", betas), v("eps", eps), v("weight_decay", weight_decay), v("amsgrad", amsgrad), v("maximize", maximize);
  }
};

/// Adam (Kingma and Ba 2015), as PyTorch's: m and v are running means of the gradient and its square, corrected for their start at 0,
/// p -= lr · m / (√v + eps).
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
  double lr = 1e-3;
  std::array<double, 2> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 1e-2;  ///< shrinks p by lr · weight_decay a step, apart from the gradient
  bool amsgrad = false;
  bool maximize = false;

  void visit(NumberVisitor& v) {
    v("lr", lr), v("betas", betas), v("eps", eps), v("weight_decay", weight_decay), v("amsgrad", amsgrad), v("maximize", maximize);
  }
};

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019), as PyTorch's.
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
