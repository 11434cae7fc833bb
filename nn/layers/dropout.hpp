#pragma once
#include <reel/nn/module.hpp>

namespace reel::nn {

/// While training, sets each element to 0 with probability p and divides the others by 1 - p; in evaluation x itself
/// (Srivastava et al. 2014).
class Dropout : public Module {
 public:
  REEL_MEMBERS()
  /// Throws Error unless 0 <= p < 1.
  explicit Dropout(double p = 0.5);
  Tensor forward(const Tensor& x) override;
  std::string description() const override;

 private:
  double p_;
};

}  // namespace reel::nn
