#include <reel/autograd/gradcheck/problem.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <reel/autograd/detail/node.hpp>
#include <reel/autograd/detail/reverse.hpp>
#include <reel/autograd/gradients.hpp>
#include <reel/autograd/hooks.hpp>
#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/autograd/ops/reduce.hpp>

namespace reel::detail {

namespace {

/// Sebastiano Vigna's splitmix64, https://prng.di.unimi.it/splitmix64.c (public domain).
std::uint64_t next_random(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

Tensors tensors_of(const std::vector<Input>& inputs, const std::vector<Array>& point) {
  Tensors result;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    Array own = point[i];
    own.mutable_raw();
    const Tensor t(std::move(own));
    result.push_back(inputs[i].checked ? variable(t) : t);
  }
  return result;
}

void require_unchanged(const Tensors& tensors, const std::vector<Array>& point) {
  for (std::size_t i = 0; i < point.size(); ++i)
    if (!identical(tensors[i].value(), point[i])) throw InputChanged{i};
}

Tensors zeros_of(const Tensors& like) {
  Tensors result;
  for (const Tensor& t : like) result.push_back(zeros_like(t));
  return result;
}

/// gradients(), but not reported to the debugger, so that REEL_DEBUG does not stop at it.
Tensors gradients_of(const Tensor& y, const Tensors& x, const GradientOptions& options) {
  return reel::detail::gradients("gradients", y, x, options, SourceLocation::here());
}

/// Σ dy·dY/dx for each x; zeros where a result does not depend on anything.
Tensors vector_jacobian_product(const Tensors& y, const Tensors& dy, const Tensors& x, bool differentiable) {
  if (y.size() == 1) return y[0].has_history() ? gradients_of(y[0], x, {.differentiable = differentiable, .seed = dy[0]}) : zeros_of(x);
  Tensor total;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (!y[i].has_history()) continue;
    const Tensor term = sum(y[i] * dy[i]);
    total = total.defined() ? total + term : term;
  }
  return total.defined() ? gradients_of(total, x, {.differentiable = differentiable}) : zeros_of(x);
}

Tensors checked_ones(const std::vector<Input>& inputs, const Tensors& tensors) {
  Tensors result;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].checked) result.push_back(tensors[i]);
  return result;
}

/// Records an op again, with other inputs. The new entry refers to the node, which has to outlive it.
Tensor record_again(const Node* node, const Tensors& inputs) {
  Literal op = "", rule = "";
  op.text = node->op;
  rule.text = node->rule_text;
  const CallSite site(node->location);
  const std::vector<OperandRef> operands(inputs.begin(), inputs.end());
  const auto forward = [node](const Inputs& in) { return node->forward(in); };
  const auto pull_back = [node](const Pullback& p) { return node->rule(p); };
  return node->broadcasts ? record<true>(op, rule, operands, forward, pull_back, NoDescription())
                          : record<false>(op, rule, operands, forward, pull_back, NoDescription());
}

Array shaken(const Array& gradient, double shake, std::uint64_t seed) {
  Array result = gradient;
  const Array by = random_weights({gradient.size() + 1}, float64, seed);  // of one element alone the weight is 1
  visit(gradient.dtype(), [&](auto t) {
    auto* const data = result.mutable_data<decltype(t)>();
    for (std::size_t i = 0; i < result.size(); ++i)
      data[i] = static_cast<decltype(t)>(static_cast<double>(data[i]) * (1 + shake * by.as_double(i)));
  });
  return result;
}

std::vector<GradientHook> shaking_hooks(const Tensors& results, double shake, std::uint64_t seed) {
  std::vector<GradientHook> hooks;
  for (const Tensor& y : results) {
    if (!y.has_history()) continue;
    for (const Entry& entry : Tape(y)) {
      seed += 2000;
      if (entry.is_leaf() || !entry.output().has_history()) continue;
      hooks.push_back(on_gradient(entry.output(), [=](const Tensor& gradient) {
        return is_floating(gradient.dtype()) ? Tensor(shaken(gradient.value(), shake, seed)) : none;
      }));
    }
  }
  return hooks;
}

/// The lower quartile of the magnitudes that are not 0.
double lower_quartile(const Array& array) {
  std::vector<double> magnitudes;
  for (std::size_t i = 0; i < array.size(); ++i)
    if (const double x = std::abs(array.as_double(i)); x > 0 && std::isfinite(x)) magnitudes.push_back(x);
  if (magnitudes.empty()) return 0;
  const auto at = magnitudes.begin() + static_cast<std::ptrdiff_t>(magnitudes.size() / 4);
  std::nth_element(magnitudes.begin(), at, magnitudes.end());
  return *at;
}

}  // namespace

Array random_weights(const Shape& shape, Dtype dtype, std::uint64_t seed) {
  Array result = Array::full(shape, 1, dtype);
  if (result.size() == 1) return result;
  visit(dtype, [&](auto t) {
    auto* const data = result.mutable_data<decltype(t)>();
    for (std::size_t i = 0; i < result.size(); ++i) {
      const std::uint64_t bits = next_random(seed);
      const double magnitude = 0.5 + static_cast<double>(bits >> 58) / 64;
      data[i] = static_cast<decltype(t)>((bits & 1) != 0 ? magnitude : -magnitude);
    }
  });
  return result;
}

std::string symbol_of(const Tensor& input) { return input.name().empty() ? "x" : input.name(); }

std::vector<Array> Problem::point() const {
  std::vector<Array> result;
  for (const Input& input : inputs) result.push_back(input.value);
  return result;
}

std::vector<Array> Problem::nudged(double units, double epsilon) const {
  std::vector<Array> result = point();
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    if (!inputs[k].checked) continue;
    const Array signs = random_weights({result[k].size() + 1}, float64, seed + 17 * k + 3);  // of one element alone the weight is 1
    visit(result[k].dtype(), [&](auto t) {
      auto* const data = result[k].mutable_data<decltype(t)>();
      for (std::size_t i = 0; i < result[k].size(); ++i) {
        const auto x = static_cast<double>(data[i]);
        if (x == 0 || !std::isfinite(x)) continue;
        const double unit = std::exp2(std::floor(std::log2(std::abs(x)))) * epsilon;
        data[i] = static_cast<decltype(t)>(x + (signs.as_double(i) < 0 ? -units : units) * unit);
      }
    });
  }
  return result;
}

double Problem::magnitude() const {
  double largest = 0;
  for (const Tensor& y : evaluate(point(), true)) {
    if (!y.has_history()) continue;
    for (const Entry& entry : Tape(y))
      if (entry.output().has_history()) largest = std::max(largest, lower_quartile(entry.value()));
  }
  return largest;
}

Tensors Problem::results() const { return function(tensors_of(inputs, point()), false); }

Tensors Problem::evaluate(const std::vector<Array>& at, bool differentiable) const {
  const Tensors in = tensors_of(inputs, at);
  Tensors result = function(in, differentiable);
  require_unchanged(in, at);
  for (std::size_t i = 0; i < result.size() && i < weights.size(); ++i) {
    if (result[i].shape() != weights[i].shape())
      throw Error(fmt::format("the result's shape is not always the same: {} at the point itself, {} beside it", weights[i].shape(),
                              result[i].shape()));
  }
  return result;
}

std::vector<Array> Problem::pull_back(const std::vector<Array>& dy, const std::vector<Array>& at, double shake,
                                      std::uint64_t shake_seed) const {
  const Tensors in = tensors_of(inputs, at);
  const Tensors y = function(in, true);
  std::vector<GradientHook> hooks;
  if (shake != 0) hooks = shaking_hooks(y, shake, shake_seed);
  Tensors seeds;
  for (const Array& seed_of_y : dy) seeds.emplace_back(seed_of_y);
  const Tensors found = vector_jacobian_product(y, seeds, checked_ones(inputs, in), false);
  require_unchanged(in, at);
  std::vector<Array> result(inputs.size());
  for (std::size_t i = 0, next = 0; i < inputs.size(); ++i)
    if (inputs[i].checked) result[i] = found[next++].value();
  return result;
}

Problem make_problem(TensorFunction function, std::vector<Input> inputs, std::uint64_t seed) {
  Problem problem{std::move(function), std::move(inputs), {"y"}, {}, 1, seed};
  const Tensor y = problem.results()[0];
  if (!is_floating(y.dtype()))
    throw DtypeError(fmt::format("the result is {}; only float32 and float64 have derivatives", name_of(y.dtype())));
  problem.weights.push_back(random_weights(y.shape(), y.dtype(), seed));
  return problem;
}

Problem problem_of(const Entry& entry, std::uint64_t seed) {
  std::vector<Input> inputs;
  for (const Tensor& t : entry.inputs())
    inputs.push_back({t.value(), t.has_history(), fmt::format("input {}", inputs.size()), symbol_of(t)});
  const Node* const node = entry.output().node();
  return make_problem([node](const Tensors& in, bool) { return Tensors{record_again(node, in)}; }, std::move(inputs), seed);
}

Problem differentiated(const Problem& problem) {
  Problem result{{}, problem.inputs, {}, {}, problem.order + 1, problem.seed};
  for (std::size_t i = 0; i < problem.inputs.size(); ++i) {
    const Input& input = problem.inputs[i];
    if (!input.checked) continue;
    result.weights.push_back(random_weights(input.value.shape(), input.value.dtype(), problem.seed + 1000 * result.weights.size() + 1));
    result.outputs.push_back(input.symbol == "x" ? fmt::format("dx{}", i) : "d(" + input.symbol + ")");
  }
  for (std::size_t i = 0; i < problem.weights.size(); ++i) {
    const std::string symbol = "d" + problem.outputs[i];
    result.inputs.push_back({problem.weights[i], true, symbol, symbol, true});
  }
  result.function = [inner = problem.function, inputs = problem.inputs](const Tensors& in, bool differentiable) {
    const auto split = in.begin() + static_cast<std::ptrdiff_t>(inputs.size());
    const Tensors x(in.begin(), split), dy(split, in.end());
    return vector_jacobian_product(inner(x, true), dy, checked_ones(inputs, x), differentiable);
  };
  return result;
}

ParameterSwap::ParameterSwap(const std::vector<ParameterRef>& parameters, const Tensor* tensors) {
  for (const ParameterRef& p : parameters) before_.emplace_back(p, std::exchange(p.state()->leaf, *tensors++));
}

ParameterSwap::~ParameterSwap() {
  for (auto& [parameter, leaf] : before_) parameter.state()->leaf = std::move(leaf);
}

std::optional<Problem> in_float64(const Problem& problem) {
  Problem result = problem;
  for (Input& input : result.inputs)
    if (is_floating(input.value.dtype())) input.value = input.value.astype(float64);
  for (Array& w : result.weights) w = w.astype(float64);
  try {
    for (const Tensor& y : result.evaluate(result.point()))
      if (y.dtype() != float64) return std::nullopt;
    if (coarsest_dtype(result) != float64) return std::nullopt;
  } catch (const MemoryError&) {
    throw;
  } catch (const Error&) {
    return std::nullopt;  // for example, it mixes its inputs with float32 tensors
  }
  return result;
}

Dtype coarsest_dtype(const Problem& problem) {
  for (const Input& input : problem.inputs)
    if (input.checked && input.value.dtype() == float32) return float32;
  for (const Tensor& y : problem.evaluate(problem.point(), true)) {
    if (y.dtype() == float32) return float32;
    for (const Entry& entry : Tape(y))
      if (entry.output().has_history() && entry.output().dtype() == float32) return float32;
  }
  return float64;
}

}  // namespace reel::detail
