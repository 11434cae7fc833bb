#pragma once
#include <optional>

#include <reel/autograd/ops/activations.hpp>
#include <reel/autograd/ops/functions.hpp>
#include <reel/autograd/ops/reduce.hpp>
#include <reel/core/mistake.hpp>
#include <reel/nn/layers/op_layer.hpp>

/// Activation functions as modules, for a name in the summary or an option; a Sequential takes the functions themselves, too. All are
/// elementwise but Softmax, LogSoftmax, Softmin and GLU: the result has the input's shape.
namespace reel::nn {

struct SoftplusOptions {
  /// Sharpness of the bend at 0. Must be positive.
  double beta = 1;
};
/// Options of Hardshrink and Softshrink.
struct ShrinkOptions {
  /// Half the width of the interval that becomes 0. Must not be negative.
  double lambda = 0.5;
};
struct CeluOptions {
  /// The negative limit is -alpha. Must be positive.
  double alpha = 1;
};
struct ThresholdOptions {
  double threshold = 0, value = 0;
};

namespace detail {

// Activations that are made of ops of other names.
Tensor relu6(Operand x);
Tensor tanhshrink(Operand x);
Tensor softplus_with(Operand x, SoftplusOptions options);
Tensor softshrink(Operand x, ShrinkOptions options);
Tensor hardshrink(Operand x, ShrinkOptions options);
Tensor celu(Operand x, CeluOptions options);
Tensor threshold(Operand x, ThresholdOptions options);
Tensor softmin(Operand x, std::ptrdiff_t axis);
Tensor glu(Operand x, std::ptrdiff_t axis);

// The options as description() shows them.
std::string text_of(const LeakyReluOptions& options);
std::string text_of(const EluOptions& options);
std::string text_of(const CeluOptions& options);
std::string text_of(const GeluOptions& options);
std::string text_of(const HardtanhOptions& options);
std::string text_of(const SoftplusOptions& options);
std::string text_of(const ShrinkOptions& options);
std::string text_of(const ThresholdOptions& options);

// Returns the options; throws Error with the place where the layer is made if one is out of range.
template <class Options>
Options checked(const Options& options, SourceLocation) {
  return options;
}
GeluOptions checked(const GeluOptions& options, SourceLocation at);
HardtanhOptions checked(const HardtanhOptions& options, SourceLocation at);
SoftplusOptions checked(const SoftplusOptions& options, SourceLocation at);
ShrinkOptions checked(const ShrinkOptions& options, SourceLocation at);
CeluOptions checked(const CeluOptions& options, SourceLocation at);

/// A function with options as a layer.
template <class Options, Tensor (*Op)(Operand, Options)>
class OptionLayer : public Module {
 public:
  explicit OptionLayer(Options options = {}, SourceLocation at = SourceLocation::here()) : options_(checked(options, at)) {}
  Tensor forward(const Tensor& x) override {
    const CallSite site(called_at());
    return Op(x, options_);
  }
  std::string description() const override { return type_name() + text_of(options_); }

 private:
  Options options_;
};

}  // namespace detail

/// Returns x unchanged.
struct Identity : Module {
  REEL_MEMBERS()
  Tensor forward(const Tensor& x) override { return x; }
};

/// max(x, 0)
struct ReLU : detail::OpLayer<relu> {
  REEL_MEMBERS()
};
/// min(max(x, 0), 6)
struct ReLU6 : detail::OpLayer<detail::relu6> {
  REEL_MEMBERS()
};
/// Leaky ReLU: x where it is positive, else negative_slope · x (Maas et al. 2013).
struct LeakyReLU : detail::OptionLayer<LeakyReluOptions, leaky_relu> {
  using OptionLayer::OptionLayer;
  REEL_NO_SUCH_OPTION(LeakyReluOptions, explicit LeakyReLU(...));
  REEL_MEMBERS()
};
/// Exponential linear unit: x where it is positive, else alpha · (exp(x) - 1) (Clevert et al. 2016).
struct ELU : detail::OptionLayer<EluOptions, elu> {
  using OptionLayer::OptionLayer;
  REEL_NO_SUCH_OPTION(EluOptions, explicit ELU(...));
  REEL_MEMBERS()
};
/// x where it is positive, else alpha · (exp(x / alpha) - 1) (Barron 2017).
struct CELU : detail::OptionLayer<CeluOptions, detail::celu> {
  using OptionLayer::OptionLayer;
  REEL_NO_SUCH_OPTION(CeluOptions, explicit CELU(...));
  REEL_MEMBERS()
};
/// Scaled ELU, with the constants that keep activations at mean 0 and variance 1 (Klambauer et al. 2017).
struct SELU : detail::OpLayer<selu> {
  REEL_MEMBERS()
};
/// Gaussian error linear unit: x · Φ(x), Φ being the normal distribution function; `{.approximate = "tanh"}` uses the tanh approximation
/// (Hendrycks and Gimpel 2016).
struct GELU : detail::OptionLayer<GeluOptions, gelu> {
  using OptionLayer::OptionLayer;
  REEL_NO_SUCH_OPTION(GeluOptions, explicit GELU(...));
  REEL_MEMBERS()
};
/// Sigmoid linear unit, also called swish: x · sigmoid(x).
struct SiLU : detail::OpLayer<silu> {
  REEL_MEMBERS()
};
/// x · tanh(softplus(x)) (Misra 2019).
struct Mish : detail::OpLayer<mish> {
  REEL_MEMBERS()
};
/// log(1 + exp(beta · x)) / beta
struct Softplus : detail::OptionLayer<SoftplusOptions, detail::softplus_with> {
  using OptionLayer::OptionLayer;
  REEL_NO_SUCH_OPTION(SoftplusOptions, explicit Softplus(...));
  REEL_MEMBERS()
};
/// x / (1 + |x|)
struct Softsign : detail::OpLayer<softsign> {
  REEL_MEMBERS()
};
/// 1 / (1 + exp(-x))
struct Sigmoid : detail::OpLayer<sigmoid> {
  REEL_MEMBERS()
};
/// log(sigmoid(x))
struct LogSigmoid : detail::OpLayer<log_sigmoid> {
  REEL_MEMBERS()
};
/// tanh(x)
struct Tanh : detail::OpLayer<reel::tanh> {
  REEL_MEMBERS()
};
/// x - tanh(x)
struct Tanhshrink : detail::OpLayer<detail::tanhshrink> {
  REEL_MEMBERS()
};
/// min(max(x, min), max), by default -1 and 1.
struct Hardtanh : detail::OptionLayer<HardtanhOptions, hardtanh> {
  using OptionLayer::OptionLayer;
  REEL_NO_SUCH_OPTION(HardtanhOptions, explicit Hardtanh(...));
  REEL_MEMBERS()
};
/// Piecewise linear sigmoid: 0 up to -3, 1 from 3 on, x/6 + 1/2 between.
struct Hardsigmoid : detail::OpLayer<hardsigmoid> {
  REEL_MEMBERS()
};
/// x · hardsigmoid(x) (Howard et al. 2019).
struct Hardswish : detail::OpLayer<hardswish> {
  REEL_MEMBERS()
};
/// x where |x| > lambda, else 0.
struct Hardshrink : detail::OptionLayer<ShrinkOptions, detail::hardshrink> {
  using OptionLayer::OptionLayer;
  REEL_NO_SUCH_OPTION(ShrinkOptions, explicit Hardshrink(...));
  REEL_MEMBERS()
};
/// x moved towards 0 by lambda, and 0 where |x| <= lambda.
struct Softshrink : detail::OptionLayer<ShrinkOptions, detail::softshrink> {
  using OptionLayer::OptionLayer;
  REEL_NO_SUCH_OPTION(ShrinkOptions, explicit Softshrink(...));
  REEL_MEMBERS()
};
/// x where it is above `threshold`, else `value`.
struct Threshold : detail::OptionLayer<ThresholdOptions, detail::threshold> {
  using OptionLayer::OptionLayer;
  REEL_NO_SUCH_OPTION(ThresholdOptions, explicit Threshold(...));
  REEL_MEMBERS()
};

/// exp(x) / Σ exp(x) along an axis, by default the last: `nn::Softmax(1)`.
struct Softmax : detail::AxisLayer<softmax> {
  using AxisLayer::AxisLayer;
  REEL_MEMBERS()
};
/// log(softmax(x)) along an axis.
struct LogSoftmax : detail::AxisLayer<log_softmax> {
  using AxisLayer::AxisLayer;
  REEL_MEMBERS()
};
/// softmax(-x) along an axis.
struct Softmin : detail::AxisLayer<detail::softmin> {
  using AxisLayer::AxisLayer;
  REEL_MEMBERS()
};
/// Gated linear unit: the first half along an axis times the sigmoid of the second half (Dauphin et al. 2017). Throws ShapeError for an
/// axis of odd length.
struct GLU : detail::AxisLayer<detail::glu> {
  using AxisLayer::AxisLayer;
  REEL_MEMBERS()
};

struct PReluLayerOptions {
  /// Initial value of the slopes.
  double init = 0.25;
  Dtype dtype = float32;
};

/// LeakyReLU whose negative slope is learned: one slope, or one per channel (axis 1) of x (He et al. 2015).
class PReLU : public Module {
 public:
  Parameter weight;  ///< (channels,)
  REEL_MEMBERS(weight)

  explicit PReLU(Integer channels = 1, PReluLayerOptions options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(PReluLayerOptions, explicit PReLU(Integer, ...));
  Tensor forward(const Tensor& x) override;
  std::string description() const override;
};

}  // namespace reel::nn
