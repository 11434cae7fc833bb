#include <reel/autograd/ops/resample.hpp>

#include <fmt/format.h>

namespace reel {

namespace {

using kernels::Resampling;

std::string text_of(const Resampling& map) { return fmt::format("{} to {}", map.x, map.y); }

Tensor interpolate_transpose(const Resampling& map, const Tensor& y);

Tensor interpolate_by(const Resampling& map, const Operand& x) {
  return record(
      "interpolate", "dx = each output's dy, given to its elements by their weights", {x},
      [map](const Inputs& in) { return kernels::resample(map, in[0]); },
      [map](const Pullback& p) { return Gradients{interpolate_transpose(map, p.dy())}; }, [map] { return text_of(map); });
}

Tensor interpolate_transpose(const Resampling& map, const Tensor& y) {
  return record(
      "interpolate_transpose", "dx = dy, interpolated", {y}, [map](const Inputs& in) { return kernels::resample_backward(map, in[0]); },
      [map](const Pullback& p) { return Gradients{interpolate_by(map, p.dy())}; }, [map] { return text_of(map); });
}

}  // namespace

Tensor interpolate(Operand x, InterpolateOptions options) {
  return interpolate_by(located("interpolate", x, [&] { return kernels::interpolation_of("interpolate", x.as_tensor().value(), options); }),
                        x);
}

}  // namespace reel
