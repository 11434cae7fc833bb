#include <reel/autograd/debug/detail/op_jacobian.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>

#include <fmt/format.h>
#include <reel/autograd/debug/detail/unwatched.hpp>
#include <reel/autograd/detail/sweep.hpp>
#include <reel/autograd/gradients.hpp>
#include <reel/core/kernels/reduce.hpp>

namespace reel::debug {

using reel::detail::Node;
using reel::detail::RuleContext;

Array replaced(Array array, std::size_t position, double value) {
  visit(array.dtype(), [&](auto t) { array.mutable_data<decltype(t)>()[position] = static_cast<decltype(t)>(value); });
  return array;
}

Array without_nonfinite(const Array& array, double value, Nonfinite which, const std::vector<std::size_t>& kept) {
  Array result = array;
  if (!is_floating(array.dtype())) return result;
  visit(array.dtype(), [&](auto t) {
    using T = decltype(t);
    if constexpr (std::is_floating_point_v<T>) {
      T* data = nullptr;
      const T* const from = array.data<T>();
      for (std::size_t i = 0; i < array.size(); ++i) {
        const bool bad = which == Nonfinite::nan ? std::isnan(from[i]) : !std::isfinite(from[i]);
        if (!bad || std::binary_search(kept.begin(), kept.end(), i)) continue;
        if (!data) data = result.mutable_data<T>();
        data[i] = static_cast<T>(value);
      }
    }
  });
  return result;
}

OpJacobian::OpJacobian(const Run& run, std::size_t entry) : node_(run.node(entry)), keep_(Tensor::share(node_)), output_(node_->value) {
  for (const Tensor& t : node_->inputs) values_.push_back(t.value());
}

/// A copy of the op's entry with constants as inputs, so that no earlier entry takes part.
Tensor OpJacobian::replica(const std::vector<Array>& inputs, const Array& output) const {
  SmallVector<Tensor, 3> tensors;
  for (const Array& a : inputs) tensors.push_back(Tensor(a));
  return Tensor::adopt(node_->with(output, std::move(tensors)));
}

namespace {

Tensor apply(const Tensor& op, std::size_t k, const Tensor& dy, bool differentiable) {
  Node* const node = op.node();
  const Unwatched quiet;
  const RuleContext scope(node, differentiable);
  const std::uint64_t needed = k < 63 ? std::uint64_t{1} << k : 0;
  Gradients answer = reel::detail::apply_rule(node, dy, needed, differentiable);
  return answer[k].defined() ? reel::detail::fit(node, k, std::move(answer[k]), differentiable) : Tensor();
}

Array one_hot(const Array& like, std::size_t position) { return replaced(Array::zeros(like.shape(), like.dtype()), position, 1); }

}  // namespace

Tensor OpJacobian::pull_back(std::size_t k, const Array& dy) const { return apply(replica(values_, output_), k, Tensor(dy), false); }

Array OpJacobian::row(std::size_t k, std::size_t q) const {
  const Tensor found = pull_back(k, one_hot(output_, q));
  return found.defined() ? found.value() : Array::zeros(values_[k].shape(), values_[k].dtype());
}

Array OpJacobian::column(std::size_t k, std::size_t p) const {
  const Unwatched quiet;
  const Array nothing = Array::zeros(output_.shape(), output_.dtype());
  if (!is_floating(values_[k].dtype())) return nothing;
  try {
    const Tensor dy = variable(Tensor(Array::full(output_.shape(), 1, output_.dtype())));
    const Tensor op = replica(values_, output_);
    const Tensor pulled = apply(op, k, dy, true);
    if (!pulled.defined() || !pulled.has_history()) return nothing;
    return gradients(pulled, {dy}, {.seed = Tensor(one_hot(values_[k], p))})[0].value();
  } catch (const Error&) {
    return column_by_differences(k, p);
  }
}

Array OpJacobian::column_by_differences(std::size_t k, std::size_t p) const {
  const double x = values_[k].as_double(p);
  const double h = std::cbrt(values_[k].dtype() == float32 ? 1.2e-7 : 2.2e-16) * std::max(1.0, std::abs(x));
  const Array above = with(k, p, x + h), below = with(k, p, x - h);
  Array slope = Array::zeros(output_.shape(), output_.dtype());
  if (above.shape() != slope.shape() || below.shape() != slope.shape()) return slope;
  for (std::size_t q = 0; q < slope.size(); ++q) {
    const double rise = above.as_double(q) - below.as_double(q);
    if (rise != 0) slope = replaced(std::move(slope), q, rise / (2 * h));
  }
  return slope;
}

Array OpJacobian::with(std::size_t k, std::size_t p, double value) const {
  std::vector<Array> inputs = values_;
  inputs[k] = replaced(inputs[k], p, value);
  return with(inputs);
}

Array OpJacobian::with(const std::vector<Array>& inputs) const {
  std::vector<Tensor> tensors;
  for (const Array& a : inputs) tensors.emplace_back(a);
  const Unwatched quiet;
  try {
    return reel::detail::run_forward(node_, Inputs(tensors));
  } catch (const Error&) {
    return {};
  }
}

std::optional<OpJacobian> OpJacobian::at(std::vector<Array> inputs) const {
  Array y = with(inputs);
  if (y.shape() != output_.shape() || y.dtype() != output_.dtype()) return std::nullopt;
  OpJacobian other = *this;
  other.values_ = std::move(inputs);
  other.output_ = std::move(y);
  return other;
}

std::vector<std::size_t> OpJacobian::depending_on(std::size_t k, std::size_t p) const {
  std::vector<std::size_t> found;
  if (!is_floating(values_[k].dtype())) return found;
  // A NaN would hide what changes.
  std::vector<Array> inputs;
  for (const Array& a : values_) inputs.push_back(without_nonfinite(a, 0.5));
  const Array base = with(inputs);
  if (base.shape() != output_.shape() || base.dtype() != output_.dtype()) return found;
  const double x = inputs[k].as_double(p);
  std::vector<bool> depends(output_.size(), false);
  const std::size_t bytes = size_of(output_.dtype());
  const auto probe = [&](double value) {
    if (value == x) return;
    std::vector<Array> moved = inputs;
    moved[k] = replaced(std::move(moved[k]), p, value);
    const Array y = with(moved);
    if (y.shape() != base.shape() || y.dtype() != base.dtype()) return;
    const char *a = static_cast<const char*>(y.raw()), *b = static_cast<const char*>(base.raw());
    for (std::size_t q = 0; q < base.size(); ++q)
      if (std::memcmp(a + q * bytes, b + q * bytes, bytes) != 0) depends[q] = true;
  };
  // Near the value, and far away in case the op is flat or undefined there.
  probe(x + 1e-3 * (1 + std::abs(x)));
  probe(x - 1e-3 * (1 + std::abs(x)));
  for (const double value : {0.5, 1.5, -0.5}) probe(value);
  for (std::size_t q = 0; q < depends.size(); ++q)
    if (depends[q]) found.push_back(q);
  return found;
}

}  // namespace reel::debug
