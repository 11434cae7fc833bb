#pragma once
#include <reel/nn/module.hpp>

/// Layers that change the shape and keep the elements.
namespace reel::nn {

/// Merges the axes `first` to `last` into one, by default all but the batch axis: (N, C, height, width) to (N, C·height·width).
class Flatten : public Module {
 public:
  REEL_MEMBERS()
  explicit Flatten(std::ptrdiff_t first = 1, std::ptrdiff_t last = -1) : first_(first), last_(last) {}
  Tensor forward(const Tensor& x) override;
  std::string description() const override;

 private:
  std::ptrdiff_t first_, last_;
};

/// Splits one axis into several, of which one length may be -1 and is then computed: `nn::Unflatten(1, {16, -1})`.
class Unflatten : public Module {
 public:
  REEL_MEMBERS()
  Unflatten(std::ptrdiff_t axis, Ints lengths) : axis_(axis), lengths_(lengths) {}
  Tensor forward(const Tensor& x) override;
  std::string description() const override;

 private:
  std::ptrdiff_t axis_;
  Ints lengths_;
};

/// Reshapes all axes but the batch axis, as Keras's Reshape; one length may be -1 and is then computed. `nn::Reshape({1, 28, 28})` turns
/// (N, 784) into (N, 1, 28, 28).
class Reshape : public Module {
 public:
  REEL_MEMBERS()
  explicit Reshape(Ints shape) : shape_(shape) {}
  Tensor forward(const Tensor& x) override;
  std::string description() const override;

 private:
  Ints shape_;
};

}  // namespace reel::nn
