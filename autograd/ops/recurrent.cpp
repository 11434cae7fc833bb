#include <reel/autograd/ops/recurrent.hpp>

#include <fmt/format.h>
#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/autograd/ops/detail/recurrent_layer.hpp>
#include <reel/autograd/ops/join.hpp>
#include <reel/autograd/ops/matmul.hpp>
#include <reel/autograd/ops/shape.hpp>
#include <reel/autograd/random.hpp>
#include <reel/core/kernels/elementwise.hpp>

namespace reel {

namespace {

using kernels::RecurrentCell;

// ---- checks of shapes and dtypes ----

/// Checks one op's arguments; the names of the parts are for the messages.
class Check {
 public:
  Check(const char* op, const Array& x) : op_(op), x_(x) { kernels::require_floating(op, x); }

  /// `shape` is the shape that t must have; `letters` is its notation.
  void tensor(const std::string& name, const Tensor& t, const Shape& shape, const char* letters, Dtype dtype) const {
    if (t.dtype() != dtype)
      throw DtypeError(fmt::format("{}: x is {} and {} is {}; it needs {} (astype converts)", op_, name_of(x_.dtype()), name,
                                   name_of(t.dtype()), name_of(dtype)));
    if (t.shape() != shape)
      throw ShapeError(fmt::format("{}: x is {} and {} is {}; it needs {} {}", op_, x_.shape(), name, t.shape(), letters, shape));
  }
  void optional(const std::string& name, const Tensor& t, const Shape& shape, const char* letters) const {
    if (t.defined()) tensor(name, t, shape, letters, x_.dtype());
  }
  /// The weights for inputs of `features` elements.
  void weights(const std::string& of, const RnnWeights& w, std::size_t gates, std::size_t features, std::size_t hidden) const {
    const std::size_t rows = gates * hidden;
    tensor("w_ih" + of, w.w_ih, {rows, features}, "(gates·H, features)", x_.dtype());
    tensor("w_hh" + of, w.w_hh, {rows, hidden}, "(gates·H, H)", x_.dtype());
    optional("b_ih" + of, w.b_ih, {rows}, "(gates·H,)");
    optional("b_hh" + of, w.b_hh, {rows}, "(gates·H,)");
  }
  /// H, from the recurrent weights.
  std::size_t hidden(const std::string& of, const RnnWeights& w) const {
    if (!w.w_ih.defined() || !w.w_hh.defined()) throw Error(fmt::format("{}: w_ih and w_hh{} need a value", op_, of));
    if (w.w_hh.rank() != 2) throw ShapeError(fmt::format("{}: w_hh{} is {}; it needs two axes (gates·H, H)", op_, of, w.w_hh.shape()));
    return w.w_hh.shape()[1];
  }

 private:
  const char* op_;
  const Array& x_;
};

/// The shape of one call.
struct Plan {
  std::size_t layers, directions, steps, batch, hidden;
};

void check_lengths(const Check& check, const char* op, const Tensor& lengths, const Plan& plan) {
  check.tensor("lengths", lengths, {plan.batch}, "(N,)", int64);
  for (std::size_t n = 0; n < plan.batch; ++n)
    if (const auto length = lengths.value().data<std::int64_t>()[n]; length < 0 || length > static_cast<std::int64_t>(plan.steps))
      throw Error(fmt::format("{}: length {} of sequence {} is out of range; there are {} steps", op, length, n, plan.steps));
}

Plan check_all(const char* op, std::size_t gates, const Array& x, const LstmState& initial, const std::vector<RnnWeights>& weights,
               const RnnOptions& o) {
  const Check check(op, x);
  if (x.rank() != 3)
    throw ShapeError(fmt::format("{}: x is {}; it needs three axes {}", op, x.shape(), o.batch_first ? "(N, T, I)" : "(T, N, I)"));
  const std::size_t directions = o.bidirectional ? 2 : 1;
  if (weights.empty() || weights.size() % directions != 0)
    throw Error(fmt::format("{}: {} sets of weights; it needs {} a layer", op, weights.size(), directions == 2 ? "two" : "one"));
  if (!(o.dropout >= 0 && o.dropout < 1)) throw Error(fmt::format("{}: dropout is {}; it has to be at least 0 and below 1", op, o.dropout));
  Plan plan{weights.size() / directions, directions, x.shape()[o.batch_first ? 1 : 0], x.shape()[o.batch_first ? 0 : 1], 0};
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const std::string of = fmt::format(" of layer {}{}", i / directions, i % directions == 1 ? ", backwards," : "");
    const std::size_t hidden = check.hidden(of, weights[i]);
    if (i == 0) plan.hidden = hidden;
    check.weights(of, weights[i], gates, i < directions ? x.shape()[2] : directions * plan.hidden, plan.hidden);
  }
  const Shape state{weights.size(), plan.batch, plan.hidden};
  check.optional("h", initial.h, state, "(layers·directions, N, H)");
  check.optional("c", initial.c, state, "(layers·directions, N, H)");
  if (o.lengths.defined()) check_lengths(check, op, o.lengths, plan);
  return plan;
}

// ---- computation ----

Tensor sum_of(const Tensor& a, const Tensor& b) { return !a.defined() ? b : !b.defined() ? a : a + b; }

Tensor zeros_for(const Tensor& x, const Shape& shape) { return zeros(shape, {.dtype = x.dtype()}); }

/// One direction of one layer: states and gates of all steps, (kept, T, N, H). The products of all inputs are computed at once, which
/// leaves one small product per step.
Tensor run_direction(RecurrentCell cell, bool reverse, const Tensor& x, const LstmState& state, const RnnWeights& w,
                     const Tensor& lengths) {
  const bool joined = cell != RecurrentCell::gru;  // gru's reset gate multiplies b_hh, which therefore stays separate
  const Tensor bias = joined ? sum_of(w.b_ih, w.b_hh) : w.b_ih;
  detail::RecurrentInputs in{bias.defined() ? linear(x, w.w_ih, bias) : linear(x, w.w_ih), w.w_hh, state.h};
  if (cell == RecurrentCell::lstm) in.c = state.c;
  if (!joined) in.b = w.b_hh.defined() ? w.b_hh : zeros_for(x, Shape{w.w_hh.shape()[0]});
  in.lengths = lengths;
  return detail::recurrent_layer(cell, reverse, in);
}

Tensor state_of(const Tensor& x, const Tensor& initial, std::size_t i, const Plan& plan) {
  return initial.defined() ? initial.row(static_cast<std::ptrdiff_t>(i)) : zeros_for(x, {plan.batch, plan.hidden});
}

/// (1, N, H): state `which` after the last step.
Tensor last_state(const Tensor& kept, std::size_t which, bool reverse, const Tensor& before, const Plan& plan) {
  const Tensor last = plan.steps == 0 ? before : slice(kept, {which, reverse ? 0 : -1});
  return reshape(last, {1, plan.batch, plan.hidden});
}

Tensor joined(const std::vector<Tensor>& parts, std::ptrdiff_t axis) { return parts.size() == 1 ? parts[0] : concatenate(parts, axis); }

/// (T, N, 1), true while a sequence has not ended.
Tensor mask_of(const Tensor& lengths, const Plan& plan) {
  if (!lengths.defined()) return {};
  return reshape(reshape(arange(0, static_cast<std::int64_t>(plan.steps)), {-1, 1}) < lengths, {plan.steps, plan.batch, 1});
}

LstmResult run_layers(RecurrentCell cell, const Tensor& x, const LstmState& initial, const std::vector<RnnWeights>& weights,
                      const RnnOptions& o, const Plan& plan) {
  const bool has_c = cell == RecurrentCell::lstm;
  const Tensor mask = mask_of(o.lengths, plan);
  Tensor input = o.batch_first ? transpose(x, 0, 1) : x;
  std::vector<Tensor> h, c;
  for (std::size_t layer = 0; layer < plan.layers; ++layer) {
    if (layer > 0 && o.dropout > 0) input = dropout(input, o.dropout);
    std::vector<Tensor> outputs;
    for (std::size_t direction = 0; direction < plan.directions; ++direction) {
      const std::size_t i = layer * plan.directions + direction;
      const bool reverse = direction == 1;
      const LstmState state{state_of(x, initial.h, i, plan), has_c ? state_of(x, initial.c, i, plan) : Tensor()};
      const Tensor kept = run_direction(cell, reverse, input, state, weights[i], o.lengths);
      const Tensor output = slice(kept, {0});
      outputs.push_back(mask.defined() ? where(mask, output, 0.0) : output);
      h.push_back(last_state(kept, 0, reverse, state.h, plan));
      if (has_c) c.push_back(last_state(kept, 1, reverse, state.c, plan));
    }
    input = joined(outputs, -1);
  }
  return {o.batch_first ? transpose(input, 0, 1) : input, joined(h, 0), has_c ? joined(c, 0) : Tensor()};
}

LstmResult recurrent(Literal op, RecurrentCell cell, const Operand& x, const LstmState& initial, const std::vector<RnnWeights>& weights,
                     const RnnOptions& options) {
  const Plan plan =
      located(op, x, [&] { return check_all(op.text, kernels::gates_of(cell), x.as_tensor().value(), initial, weights, options); });
  const CallSite site(x.location());
  return run_layers(cell, x.as_tensor(), initial, weights, options, plan);
}

/// One step.
LstmState run_cell(Literal op, RecurrentCell cell, const Operand& x, const LstmState& state, const RnnWeights& w) {
  const Shape shape = located(op, x, [&] {
    const Array value = x.as_tensor().value();
    const Check check(op.text, value);
    if (value.rank() != 2) throw ShapeError(fmt::format("{}: x is {}; it needs two axes (N, I)", op.text, value.shape()));
    const Shape result{value.shape()[0], check.hidden("", w)};
    check.weights("", w, kernels::gates_of(cell), value.shape()[1], result[1]);
    check.optional("h", state.h, result, "(N, H)");
    check.optional("c", state.c, result, "(N, H)");
    return result;
  });
  const CallSite site(x.location());
  const auto given = [&](const Tensor& t) { return t.defined() ? t : zeros_for(x.as_tensor(), shape); };
  const bool has_c = cell == RecurrentCell::lstm;
  const Tensor step = reshape(x, {1, shape[0], x.as_tensor().shape()[1]});
  const Tensor kept = run_direction(cell, false, step, {given(state.h), has_c ? given(state.c) : Tensor()}, w, {});
  return {slice(kept, {0, 0}), has_c ? slice(kept, {1, 0}) : Tensor()};
}

}  // namespace

LstmResult lstm(Operand x, const LstmState& initial, const std::vector<RnnWeights>& weights, const RnnOptions& options) {
  return recurrent("lstm", RecurrentCell::lstm, x, initial, weights, options);
}

RnnResult gru(Operand x, const Tensor& initial, const std::vector<RnnWeights>& weights, const RnnOptions& options) {
  LstmResult r = recurrent("gru", RecurrentCell::gru, x, {initial, {}}, weights, options);
  return {std::move(r.output), std::move(r.h)};
}

RnnResult rnn_tanh(Operand x, const Tensor& initial, const std::vector<RnnWeights>& weights, const RnnOptions& options) {
  LstmResult r = recurrent("rnn_tanh", RecurrentCell::rnn_tanh, x, {initial, {}}, weights, options);
  return {std::move(r.output), std::move(r.h)};
}

RnnResult rnn_relu(Operand x, const Tensor& initial, const std::vector<RnnWeights>& weights, const RnnOptions& options) {
  LstmResult r = recurrent("rnn_relu", RecurrentCell::rnn_relu, x, {initial, {}}, weights, options);
  return {std::move(r.output), std::move(r.h)};
}

LstmState lstm_cell(Operand x, const LstmState& state, const RnnWeights& weights) {
  return run_cell("lstm_cell", RecurrentCell::lstm, x, state, weights);
}
Tensor gru_cell(Operand x, const Tensor& h, const RnnWeights& weights) {
  return run_cell("gru_cell", RecurrentCell::gru, x, {h, {}}, weights).h;
}
Tensor rnn_tanh_cell(Operand x, const Tensor& h, const RnnWeights& weights) {
  return run_cell("rnn_tanh_cell", RecurrentCell::rnn_tanh, x, {h, {}}, weights).h;
}
Tensor rnn_relu_cell(Operand x, const Tensor& h, const RnnWeights& weights) {
  return run_cell("rnn_relu_cell", RecurrentCell::rnn_relu, x, {h, {}}, weights).h;
}

}  // namespace reel
