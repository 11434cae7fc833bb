#include <fmt/format.h>
#include <reel/core/kernels/elementwise.hpp>
#include <reel/nn/layers/checks.hpp>
#include <reel/nn/layers/normalization.hpp>

namespace reel::nn::detail {

namespace {

/// (1 - share) · average + share · value
Tensor moved(const Tensor& average, const Tensor& value, double share) {
  const Dtype dtype = average.dtype();
  const auto times = [dtype](const Tensor& t, double factor) {
    return kernels::mul(t.value().astype(dtype), Array::scalar(factor, dtype));
  };
  return Tensor(kernels::add(times(average, 1 - share), times(value, share)));
}

}  // namespace

BatchNorm::BatchNorm(std::size_t spatial, Integer channels, const BatchNormOptions& options, SourceLocation at)
    : spatial_(spatial), eps_(options.eps) {
  const std::string layer = fmt::format("BatchNorm{}d", spatial);
  channels_ = size_of(layer, "channels", channels, at);
  require(layer, eps_ >= 0, fmt::format("eps is {}; it has to be 0 or more", eps_), at);
  set_momentum(options.momentum, at);
  const Shape shape{channels_};
  if (options.affine) weight.emplace(ones(shape, {.dtype = options.dtype}));
  if (options.affine) bias.emplace(zeros(shape, {.dtype = options.dtype}));
  if (!options.track_running_stats) return;
  running_mean = zeros(shape, {.dtype = options.dtype});
  running_var = ones(shape, {.dtype = options.dtype});
  num_batches_tracked = zeros({}, {.dtype = int64});
}

void BatchNorm::set_momentum(std::optional<double> momentum, SourceLocation at) {
  if (momentum && !(*momentum >= 0 && *momentum <= 1))
    require(fmt::format("BatchNorm{}d", spatial_), false, fmt::format("momentum is {}; it has to be from 0 to 1", *momentum), at);
  momentum_ = momentum;  // a destructor puts it back, which may not throw
}

void BatchNorm::reset_running_stats() {
  if (!running_mean.defined()) return;
  running_mean = zeros(running_mean.shape(), {.dtype = running_mean.dtype()});
  running_var = ones(running_var.shape(), {.dtype = running_var.dtype()});
  num_batches_tracked = zeros({}, {.dtype = int64});
}

void BatchNorm::check(const Tensor& x) const {
  located("batch_norm", x, [&] {
    const std::size_t rank = x.rank();
    if (rank == spatial_ + 2 || (spatial_ == 1 && rank == 2)) {
      if (x.shape()[1] != channels_)
        throw ShapeError(fmt::format("batch_norm: x is {}; BatchNorm{}d needs {} channels (axis 1)", x.shape(), spatial_, channels_));
      return;
    }
    throw ShapeError(fmt::format("batch_norm: x is {}; BatchNorm{}d needs {} axes", x.shape(), spatial_,
                                 spatial_ == 1 ? "2 or 3" : std::to_string(spatial_ + 2)));
  });
}

Tensor BatchNorm::forward(const Tensor& x) {
  const CallSite site(called_at());
  check(x);
  const Tensor w = weight ? weight->tensor() : Tensor(), b = bias ? bias->tensor() : Tensor();
  if (!is_training() && running_mean.defined()) return batch_norm_eval(x, running_mean, running_var, w, b, {.eps = eps_});
  const BatchNormResult batch = batch_norm(x, w, b, {.eps = eps_});
  if (is_training() && running_mean.defined() && !is_running_again()) update(batch);
  return batch.output;
}

void BatchNorm::update(const BatchNormResult& batch) {
  const std::int64_t batches = num_batches_tracked.item<std::int64_t>() + 1;
  const double share = momentum_.value_or(1 / static_cast<double>(batches));
  running_mean = moved(running_mean, batch.mean, share);
  running_var = moved(running_var, batch.variance, share);
  num_batches_tracked = tensor(batches, {.dtype = int64});
}

std::string BatchNorm::description() const {
  const std::string eps = eps_ == 1e-5 ? "" : fmt::format(", eps={}", eps_);
  const std::string momentum = !momentum_ ? ", momentum=none" : *momentum_ == 0.1 ? "" : fmt::format(", momentum={}", *momentum_);
  return fmt::format("BatchNorm{}d({}{}{}{}{})", spatial_, channels_, eps, momentum, weight ? "" : ", not affine",
                     running_mean.defined() ? "" : ", no running stats");
}

}  // namespace reel::nn::detail
