#include <reel/autograd/ops/normalization.hpp>

#include <limits>

#include <fmt/format.h>
#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/autograd/ops/detail/units.hpp>
#include <reel/autograd/ops/reduce.hpp>
#include <reel/autograd/ops/shape.hpp>
#include <reel/core/kernels/elementwise.hpp>
#include <reel/core/kernels/network/normalization.hpp>

namespace reel {

namespace {

/// The axes that are normalized together: plain data.
struct Norm {
  enum class Over { trailing, groups, channels } over;
  std::size_t count;  // of trailing axes, or of groups
  double eps;
  bool centered = true, has_weight = false, has_bias = false;
};

std::size_t product(const Shape& shape, std::size_t from, std::size_t to) {
  std::size_t n = 1;
  for (std::size_t i = from; i < to; ++i) n *= shape[i];
  return n;
}

kernels::NormLayout layout_of(const Norm& norm, const Shape& x) {
  const std::size_t rank = x.rank();
  switch (norm.over) {
    case Norm::Over::trailing: return kernels::NormLayout::trailing(product(x, 0, rank - norm.count), product(x, rank - norm.count, rank));
    case Norm::Over::groups: return kernels::NormLayout::grouped(x[0], x[1], product(x, 2, rank), norm.count);
    default: return kernels::NormLayout::channels(x[0], x[1], product(x, 2, rank));
  }
}

/// The same for ops: x in a shape in which `axes` are normalized together and weight and bias broadcast.
struct View {
  Shape x;
  Ints axes;
  Shape weight;
};

View view_of(const Norm& norm, const Shape& x) {
  const std::size_t rank = x.rank();
  switch (norm.over) {
    case Norm::Over::trailing: {
      const std::size_t n = product(x, rank - norm.count, rank);
      return {{product(x, 0, rank - norm.count), n}, {1}, {n}};
    }
    case Norm::Over::groups: {
      const std::size_t channels = norm.count == 0 ? 0 : x[1] / norm.count;
      return {{x[0], norm.count, channels, product(x, 2, rank)}, {2, 3}, {norm.count, channels, 1}};
    }
    default: return {{x[0], x[1], product(x, 2, rank)}, {0, 2}, {x[1], 1}};
  }
}

/// The rule made of ops, for gradients that are differentiated again.
Gradients rule_of_ops(const Norm& norm, const Pullback& p) {
  const View view = view_of(norm, p.input(0).shape());
  const auto average = [&](const Tensor& t) { return mean(t, view.axes, {.keepdims = true}); };
  const Tensor dy = reshape(p.dy(), view.x);
  Tensor c = reshape(p.input(0), view.x);
  const detail::Units units(c.value(), view.axes, norm.eps);
  c = units.scaled(c);
  if (norm.centered) c -= average(c);
  if (norm.centered) c -= average(c);  // corrects the rounding error of the first mean
  const Tensor r = 1.0 / sqrt(average(square(c)) + units.eps()), normalized = c * r;
  Gradients result{none};
  if (p.needs(0)) {
    const Tensor g = norm.has_weight ? dy * reshape(p.input(1), view.weight) : dy;
    const Tensor slope = normalized * average(g * normalized);
    result[0] = reshape(units.scaled(r) * (norm.centered ? g - average(g) - slope : g - slope), p.input(0).shape());
  }
  const auto summed = [&](std::size_t i, const Tensor& t) {
    return p.needs(i) ? reshape(sum_to(t, view.weight), p.input(i).shape()) : Tensor(none);
  };
  if (norm.has_weight) result.push_back(summed(1, dy * normalized));
  if (norm.has_bias) result.push_back(summed(p.size() - 1, dy));
  return result;
}

Gradients fused_rule(const Norm& norm, const Pullback& p) {
  const Array& x = p.input(0).value();
  const std::size_t last = p.size() - 1;
  const kernels::NormNeeds needs{p.needs(0), norm.has_weight && p.needs(1), norm.has_bias && p.needs(last)};
  kernels::NormGradients g = kernels::normalize_backward(x, norm.has_weight ? &p.input(1).value() : nullptr, p.take_dy(),
                                                         layout_of(norm, x.shape()), {norm.eps, norm.centered}, needs);
  Gradients result{needs.x ? Tensor(std::move(g.x)) : Tensor(none)};
  if (norm.has_weight) result.push_back(needs.weight ? Tensor(g.weight.with_shape(p.input(1).shape())) : Tensor(none));
  if (norm.has_bias) result.push_back(needs.bias ? Tensor(g.bias.with_shape(p.input(last).shape())) : Tensor(none));
  return result;
}

/// Weight and bias, if present: at most two.
struct Affine {
  const Operand* weight = nullptr;
  const Operand* bias = nullptr;
};

Affine affine_of(const Operand& weight, const Operand& bias) {
  const auto present = [](const Operand& o) { return o.is_number() || o.tensor().defined(); };
  return {present(weight) ? &weight : nullptr, present(bias) ? &bias : nullptr};
}

Tensor record_norm(Literal op, RuleText rule, const Operand& x, const Affine& affine, Norm norm) {
  norm.has_weight = affine.weight != nullptr;
  norm.has_bias = affine.bias != nullptr;
  SmallVector<OperandRef, 3> inputs;
  inputs.push_back(x);
  if (affine.weight) inputs.push_back(*affine.weight);
  if (affine.bias) inputs.push_back(*affine.bias);
  return record(
      op, rule, std::span<const OperandRef>(inputs.begin(), inputs.size()),
      [norm](const Inputs& in) {
        return kernels::normalize(in[0], norm.has_weight ? &in[1] : nullptr, norm.has_bias ? &in[in.size() - 1] : nullptr,
                                  layout_of(norm, in[0].shape()), {norm.eps, norm.centered});
      },
      [norm](const Pullback& p) { return p.differentiable() ? rule_of_ops(norm, p) : fused_rule(norm, p); },
      [norm] {
        const std::string eps = fmt::format("eps={}", norm.eps);
        return norm.over == Norm::Over::trailing ? fmt::format("axes={}, {}", norm.count, eps)
               : norm.over == Norm::Over::groups ? fmt::format("groups={}, {}", norm.count, eps)
                                                 : eps;
      });
}

/// Checks the dtypes, then that each of `parameters` has this shape.
void check_parameter(const char* op, const Array& x, const char* name, const Operand* parameter, const Shape& shape, const char* what) {
  if (!parameter) return;
  const Tensor t = parameter->as_tensor(x.dtype());
  if (t.dtype() != x.dtype())
    throw DtypeError(
        fmt::format("{}: x is {} and {} is {}; both need one dtype (astype converts)", op, name_of(x.dtype()), name, name_of(t.dtype())));
  if (t.shape() != shape)
    throw ShapeError(fmt::format("{}: x is {} and {} is {}; {} needs {}, shape {}", op, x.shape(), name, t.shape(), name, what, shape));
}

Norm trailing_norm(Literal op, const Operand& x, const Affine& affine, Shape shape, std::optional<double> eps, bool centered) {
  return located(op, x, [&] {
    const Array value = x.as_tensor().value();
    kernels::require_floating(op.text, value);
    if (shape.rank() == 0 && affine.weight) shape = affine.weight->as_tensor().shape();
    if (shape.rank() == 0 && value.rank() > 0) shape.push_back(value.shape().back());
    const std::size_t rank = value.rank(), count = shape.rank();
    if (count == 0 || count > rank || Shape(std::span(value.shape().end() - count, count)) != shape)
      throw ShapeError(fmt::format("{}: x is {} and the normalized shape is {}; x has to end in it", op.text, value.shape(), shape));
    check_parameter(op.text, value, "weight", affine.weight, shape, "the normalized shape");
    check_parameter(op.text, value, "bias", affine.bias, shape, "the normalized shape");
    const double smallest =
        value.dtype() == float32 ? static_cast<double>(std::numeric_limits<float>::epsilon()) : std::numeric_limits<double>::epsilon();
    return Norm{Norm::Over::trailing, count, eps.value_or(smallest), centered};
  });
}

/// (N, C, ...) with parameters (C,).
void check_channels(Literal op, const Array& x, std::initializer_list<std::pair<const char*, const Operand*>> parameters) {
  kernels::require_floating(op.text, x);
  if (x.rank() < 2) throw ShapeError(fmt::format("{}: x is {}; it needs at least two axes (N, C, ...)", op.text, x.shape()));
  for (const auto& [name, parameter] : parameters)
    check_parameter(op.text, x, name, parameter, Shape{x.shape()[1]}, "one number a channel (axis 1)");
}

constexpr Literal centered_rule = "g = dy·weight   dx = (g - mean g - x̂·mean(g·x̂)) / √(variance + eps)   dweight = Σ dy·x̂   dbias = Σ dy";
constexpr Literal rms_rule = "g = dy·weight   dx = (g - x̂·mean(g·x̂)) / √(mean x² + eps)   dweight = Σ dy·x̂";

Tensor group_norm_of(Literal op, const Operand& x, std::optional<std::size_t> groups, const Affine& affine, double eps) {
  const std::size_t count = located(op, x, [&] {
    const Array value = x.as_tensor().value();
    check_channels(op, value, {{"weight", affine.weight}, {"bias", affine.bias}});
    const std::size_t channels = value.shape()[1];
    if (groups && (*groups == 0 || channels % *groups != 0))
      throw ShapeError(fmt::format("{}: x is {} and groups is {}; groups has to divide the {} channels (axis 1)", op.text, value.shape(),
                                   *groups, channels));
    return groups.value_or(channels);
  });
  return record_norm(op, centered_rule, x, affine, {Norm::Over::groups, count, eps});
}

BatchNormResult batch_norm_of(const Operand& x, const Affine& affine, double eps) {
  const Array value = located("batch_norm", x, [&] {
    Array array = x.as_tensor().value();
    check_channels("batch_norm", array, {{"weight", affine.weight}, {"bias", affine.bias}});
    if (array.size() <= array.shape()[1] && array.shape()[1] > 0)
      throw ShapeError(
          fmt::format("batch_norm: x is {}; the statistics of a batch need more than one value a channel (axis 1)", array.shape()));
    return array;
  });
  const Norm norm{Norm::Over::channels, 0, eps};
  const kernels::NormLayout layout = layout_of(norm, value.shape());
  const kernels::NormStatistics s = kernels::norm_statistics(value, layout);
  const double n = static_cast<double>(layout.count());
  return {record_norm("batch_norm", centered_rule, x, affine, norm), Tensor(s.mean),
          Tensor(kernels::mul(s.variance, Array::scalar(n / (n - 1), value.dtype())))};
}

Tensor batch_norm_eval_of(const Operand& x, const Operand& mean, const Operand& variance, const Affine& affine, double eps) {
  const Shape column = located("batch_norm_eval", x, [&] {
    const Array value = x.as_tensor().value();
    check_channels("batch_norm_eval", value, {{"mean", &mean}, {"variance", &variance}, {"weight", affine.weight}, {"bias", affine.bias}});
    Shape shape{value.shape()[1]};
    for (std::size_t i = 2; i < value.rank(); ++i) shape.push_back(1);
    return shape;
  });
  const CallSite site(x.location());
  const auto spread = [&](const Operand& parameter) { return reshape(parameter, column); };
  Tensor scale = 1.0 / sqrt(spread(variance) + eps);
  if (affine.weight) scale = scale * spread(*affine.weight);
  const Tensor y = (x - spread(mean)) * scale;
  return affine.bias ? y + spread(*affine.bias) : y;
}

const Tensor absent;

}  // namespace

Tensor layer_norm(Operand x, Operand weight, Operand bias, LayerNormOptions o) {
  const Affine affine = affine_of(weight, bias);
  return record_norm("layer_norm", centered_rule, x, affine, trailing_norm("layer_norm", x, affine, o.shape, o.eps, true));
}
Tensor layer_norm(Operand x, Operand weight, LayerNormOptions options) { return layer_norm(x, weight, absent, options); }
Tensor layer_norm(Operand x, LayerNormOptions options) { return layer_norm(x, absent, absent, options); }

Tensor rms_norm(Operand x, Operand weight, RmsNormOptions o) {
  const Affine affine = affine_of(weight, absent);
  return record_norm("rms_norm", rms_rule, x, affine, trailing_norm("rms_norm", x, affine, o.shape, o.eps, false));
}
Tensor rms_norm(Operand x, RmsNormOptions options) { return rms_norm(x, absent, options); }

Tensor group_norm(Operand x, std::size_t groups, Operand weight, Operand bias, NormOptions options) {
  return group_norm_of("group_norm", x, groups, affine_of(weight, bias), options.eps);
}
Tensor group_norm(Operand x, std::size_t groups, NormOptions options) { return group_norm(x, groups, absent, absent, options); }

Tensor instance_norm(Operand x, Operand weight, Operand bias, NormOptions options) {
  return group_norm_of("instance_norm", x, {}, affine_of(weight, bias), options.eps);
}
Tensor instance_norm(Operand x, NormOptions options) { return instance_norm(x, absent, absent, options); }

BatchNormResult batch_norm(Operand x, Operand weight, Operand bias, NormOptions options) {
  return batch_norm_of(x, affine_of(weight, bias), options.eps);
}
BatchNormResult batch_norm(Operand x, NormOptions options) { return batch_norm(x, absent, absent, options); }

Tensor batch_norm_eval(Operand x, Operand mean, Operand variance, Operand weight, Operand bias, NormOptions options) {
  return batch_norm_eval_of(x, mean, variance, affine_of(weight, bias), options.eps);
}
Tensor batch_norm_eval(Operand x, Operand mean, Operand variance, NormOptions options) {
  return batch_norm_eval(x, mean, variance, absent, absent, options);
}

}  // namespace reel
