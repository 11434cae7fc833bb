#include <reel/autograd/ops/detail/recurrent_layer.hpp>

#include <vector>

#include <reel/autograd/gradients.hpp>
#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/autograd/ops/join.hpp>
#include <reel/autograd/ops/matmul.hpp>
#include <reel/autograd/ops/shape.hpp>

namespace reel::detail {

namespace {

using kernels::RecurrentCell;

/// The numbers of the inputs: plain data.
struct Layer {
  RecurrentCell cell;
  bool reverse, has_lengths;

  bool has_c() const { return cell == RecurrentCell::lstm; }
  bool has_b() const { return cell == RecurrentCell::gru; }

  template <class In>
  kernels::Recurrence recurrence(const In& in) const {
    const auto at = [&](bool there, std::size_t i) { return there ? &in[i] : nullptr; };
    return {cell, reverse, in[0], in[1], in[2], at(has_c(), 3), at(has_b(), 3), at(has_lengths, in.size() - 1)};
  }
};

/// The arrays of a pullback's inputs, as Inputs shows them to forward functions.
struct Arrays {
  const Pullback& p;
  std::size_t size() const { return p.size(); }
  const Array& operator[](std::size_t i) const { return p.input(i).value(); }
};

/// Gate i of (N, gates·H).
Tensor gate(const Tensor& gates, std::size_t i, std::size_t hidden) {
  const auto begin = static_cast<std::ptrdiff_t>(i * hidden);
  return slice(gates, {{}, {begin, begin + static_cast<std::ptrdiff_t>(hidden)}});
}

/// The kept states and gates of one step, from the gates' parts of the input and of the recurrence, and the previous states.
std::vector<Tensor> step_of_ops(RecurrentCell cell, const Tensor& x, const Tensor& a, const Tensor& h, const Tensor& c) {
  const std::size_t hidden = h.shape()[1];
  switch (cell) {
    case RecurrentCell::lstm: {
      const Tensor sum = x + a, i = gate(sum, 0, hidden), f = gate(sum, 1, hidden), g = gate(sum, 2, hidden), o = gate(sum, 3, hidden);
      const Tensor next = sigmoid(f) * c + sigmoid(i) * tanh(g);
      return {sigmoid(o) * tanh(next), next, i, f, g, o};
    }
    case RecurrentCell::gru: {
      const Tensor r = gate(x, 0, hidden) + gate(a, 0, hidden), z = gate(x, 1, hidden) + gate(a, 1, hidden);
      const Tensor m = gate(a, 2, hidden), n = gate(x, 2, hidden) + sigmoid(r) * m;
      return {sigmoid(-z) * tanh(n) + sigmoid(z) * h, r, z, n, m};
    }
    case RecurrentCell::rnn_tanh: {
      const Tensor sum = x + a;
      return {tanh(sum), sum};
    }
    default: return {relu(x + a)};
  }
}

/// The whole layer made of ops: slower than the kernel, and differentiable any number of times.
Tensor layer_of_ops(const Layer& layer, const std::vector<Tensor>& in) {
  const Tensor &x = in[0], &w = in[1];
  const std::size_t steps = x.shape()[0], batch = x.shape()[1], hidden = w.shape()[1], kept = kernels::kept_by(layer.cell);
  Tensor h = in[2], c = layer.has_c() ? in[3] : Tensor();
  std::vector<Tensor> all(kept * steps);
  for (std::size_t k = 0; k < steps; ++k) {
    const std::size_t t = layer.reverse ? steps - 1 - k : k;
    Tensor a = matmul(h, w, {.b = true});
    if (layer.has_b()) a = a + in[3];
    std::vector<Tensor> step = step_of_ops(layer.cell, x.row(static_cast<std::ptrdiff_t>(t)), a, h, c);
    if (layer.has_lengths) {
      const Tensor goes_on = reshape(in.back(), {-1, 1}) > static_cast<std::int64_t>(t);
      for (std::size_t i = 0; i < kept; ++i) {
        const bool is_state = i == 0 || (i == 1 && layer.has_c());
        step[i] = is_state ? where(goes_on, step[i], i == 0 ? h : c) : where(goes_on, step[i], 0.0);
      }
    }
    h = step[0];
    if (layer.has_c()) c = step[1];
    for (std::size_t i = 0; i < kept; ++i) all[i * steps + t] = step[i];
  }
  return reshape(concatenate(all), {kept, steps, batch, hidden});
}

Gradients fused_rule(const Layer& layer, const Pullback& p) {
  kernels::RecurrentGradients g = kernels::recurrent_backward(layer.recurrence(Arrays{p}), p.output().value(), p.dy().value());
  Gradients result{Tensor(std::move(g.x)), Tensor(std::move(g.w)), Tensor(std::move(g.h))};
  if (layer.has_c()) result.push_back(Tensor(std::move(g.c)));
  if (layer.has_b()) result.push_back(Tensor(std::move(g.b)));
  if (layer.has_lengths) result.push_back(none);
  return result;
}

/// The gradients of layer_of_ops(), by the engine. Each input first becomes a new entry: one input may depend on another, and these are
/// partial derivatives.
Gradients rule_of_ops(const Layer& layer, const Pullback& p) {
  std::vector<Tensor> in, targets;
  for (std::size_t i = 0; i < p.size(); ++i) {
    in.push_back(p.needs(i) ? reshape(p.input(i), p.input(i).shape()) : p.input(i));
    if (p.needs(i)) targets.push_back(in.back());
  }
  std::vector<Tensor> found;
  if (p.output().size() == 0) {
    for (const Tensor& t : targets) found.push_back(zeros_like(t));
  } else {
    found = gradients(layer_of_ops(layer, in), targets, {.differentiable = true, .seed = p.dy()});
  }
  Gradients result;
  std::size_t next = 0;
  for (std::size_t i = 0; i < p.size(); ++i) result.push_back(p.needs(i) ? found[next++] : Tensor(none));
  return result;
}

}  // namespace

Tensor recurrent_layer(RecurrentCell cell, bool reverse, const RecurrentInputs& inputs) {
  const Layer layer{cell, reverse, inputs.lengths.defined()};
  SmallVector<OperandRef, 5> in;
  in.push_back(inputs.x);
  in.push_back(inputs.w);
  in.push_back(inputs.h);
  if (layer.has_c()) in.push_back(inputs.c);
  if (layer.has_b()) in.push_back(inputs.b);
  if (layer.has_lengths) in.push_back(inputs.lengths);
  const Literal op = cell == RecurrentCell::lstm       ? Literal("lstm")
                     : cell == RecurrentCell::gru      ? Literal("gru")
                     : cell == RecurrentCell::rnn_tanh ? Literal("rnn_tanh")
                                                       : Literal("rnn_relu");
  return record(
      op, "backpropagation through time: for t = T … 1, da = ∂step/∂a · d(states, gates)   dh += da·W_hh   dW_hh += daᵀ·h   dx = da",
      std::span<const OperandRef>(in.begin(), in.size()), [layer](const Inputs& all) { return kernels::recurrent(layer.recurrence(all)); },
      [layer](const Pullback& p) { return p.differentiable() ? rule_of_ops(layer, p) : fused_rule(layer, p); },
      [reverse] { return std::string(reverse ? "reverse" : ""); });
}

}  // namespace reel::detail
