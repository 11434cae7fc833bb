#pragma once
#include <reel/autograd/record.hpp>
#include <reel/nn/module.hpp>

/// Layers that apply one function of one tensor:
///
///     struct ReLU : detail::OpLayer<relu> {
///       REEL_MEMBERS()
///     };
namespace reel::nn::detail {

template <Tensor (*Op)(Operand)>
class OpLayer : public Module {
 public:
  Tensor forward(const Tensor& x) override {
    const CallSite site(called_at());
    return Op(x);
  }
};

/// A layer whose function works along an axis, by default the last.
template <Tensor (*Op)(Operand, std::ptrdiff_t)>
class AxisLayer : public Module {
 public:
  explicit AxisLayer(std::ptrdiff_t axis = -1) : axis_(axis) {}
  Tensor forward(const Tensor& x) override {
    const CallSite site(called_at());
    return Op(x, axis_);
  }
  std::string description() const override { return type_name() + "(axis=" + std::to_string(axis_) + ")"; }

 private:
  std::ptrdiff_t axis_;
};

}  // namespace reel::nn::detail
