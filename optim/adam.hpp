#pragma once
#include <array>

#include <reel/optim/optimizer.hpp>

namespace reel::optim {

struct AdamOptions {
  double lr = 1e-3;
  std::array<double, 2> betas = {0.9, 0.999};
  double eps = 1e-8;        ///< Keras's default is 1e-7
  double weight_decay = 0;  ///< adds weight_decay · p to the gradient
};

/// Adam (Kingma and Ba 2015), as PyTorch's: m and v are running means of the gradient and its square, corrected for their start at 0,
/// p -= lr · m / (√v + eps).
class Adam : public GroupedOptimizer<AdamOptions> {
 public:
  explicit Adam(const std::vector<ParameterRef>& parameters, const AdamOptions& options = {});

 protected:
  void check(const AdamOptions& options) const override;
  void update(std::size_t group, Slot& slot) override;
};

struct AdamWOptions {
  double lr = 1e-3;
  std::array<double, 2> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 1e-2;  ///< shrinks p by lr · weight_decay a step, apart from the gradient
};

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019), as PyTorch's.
class AdamW : public GroupedOptimizer<AdamWOptions> {
 public:
  explicit AdamW(const std::vector<ParameterRef>& parameters, const AdamWOptions& options = {});

 protected:
  void check(const AdamWOptions& options) const override;
  void update(std::size_t group, Slot& slot) override;
};

}  // namespace reel::optim
