#pragma once
#include <reel/nn/module.hpp>

/// Layers that give the same elements another shape.
namespace reel::nn {

/// The axes first to last as one, by default all but the batch's: (N, C, height, width) to (N, C·height·width).
class Flatten : public Module {
 public:
  REEL_MEMBERS()
  explicit Flatten(std::ptrdiff_t first = 1, std::ptrdiff_t last = -1) : first_(first), last_(last) {}
  Tensor forward(const Tensor& x) override;
  std::string description() const override;

 private:
  std::ptrdiff_t first_, last_;
};

/// One axis as several, one of which may be -1: `nn::Unflatten(1, {16, -1})`.
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

/// All axes but the batch's in another shape, one of which may be -1 (as Keras's Reshape): `nn::Reshape({1, 28, 28})` makes (N, 784) to (N,
/// 1, 28, 28).
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
