#include <reel/nn/layers/recurrent.hpp>

#include <cmath>

#include <fmt/format.h>
#include <reel/nn/init.hpp>
#include <reel/nn/layers/checks.hpp>

namespace reel::nn {

namespace {

constexpr std::size_t most_layers = 10'000;

/// The bias, or an undefined tensor, which the ops take for 0, where there is none.
Tensor value_of(const std::optional<Parameter>& bias) { return bias ? bias->tensor() : Tensor(); }

}  // namespace

namespace detail {

RecurrentWeights::RecurrentWeights(std::size_t gates, std::size_t input, std::size_t hidden, bool bias, Dtype dtype)
    : weight_ih(zeros({gates * hidden, input}, {.dtype = dtype})), weight_hh(zeros({gates * hidden, hidden}, {.dtype = dtype})) {
  const double bound = 1 / std::sqrt(static_cast<double>(hidden));
  const auto start = [&](const Shape& shape) { return init::uniform(shape, -bound, bound, dtype, {}); };
  weight_ih.set_value(start(weight_ih.shape()));
  weight_hh.set_value(start(weight_hh.shape()));
  if (!bias) return;
  bias_ih.emplace(start({gates * hidden}));
  bias_hh.emplace(start({gates * hidden}));
}

RnnWeights RecurrentWeights::tensors() const { return {weight_ih.tensor(), weight_hh.tensor(), value_of(bias_ih), value_of(bias_hh)}; }

void RecurrentWeights::visit(MemberVisitor& visitor, const std::string& suffix) {
  visitor.parameter("weight_ih" + suffix, weight_ih);
  visitor.parameter("weight_hh" + suffix, weight_hh);
  if (bias_ih) visitor.parameter("bias_ih" + suffix, *bias_ih);
  if (bias_hh) visitor.parameter("bias_hh" + suffix, *bias_hh);
}

Recurrent::Recurrent(const char* name, std::size_t gates, Integer input_size, Integer hidden_size, const RecurrentOptions& o,
                     SourceLocation at)
    : options_(o) {
  const std::size_t input = size_of(name, "input", input_size, at), hidden = size_of(name, "hidden", hidden_size, at);
  require(name, o.num_layers >= 1, "num_layers is 0; it needs at least one", at);
  require(name, o.num_layers <= most_layers,
          fmt::format("num_layers is {}; it may be {} at most", static_cast<std::ptrdiff_t>(o.num_layers), most_layers), at);
  require(name, o.dropout >= 0 && o.dropout < 1, fmt::format("dropout is {}; it has to be at least 0 and below 1", o.dropout), at);
  const std::size_t directions = o.bidirectional ? 2 : 1;
  for (std::size_t i = 0; i < o.num_layers * directions; ++i)
    weights.emplace_back(gates, i < directions ? input : directions * hidden, hidden, o.bias, o.dtype);
}

void Recurrent::visit_members(MemberVisitor& visitor) {
  const std::size_t directions = options_.bidirectional ? 2 : 1;
  for (std::size_t i = 0; i < weights.size(); ++i)
    weights[i].visit(visitor, fmt::format("_l{}{}", i / directions, i % directions == 1 ? "_reverse" : ""));
}

std::string Recurrent::description() const {
  std::string text = fmt::format("{}({}, {}", type_name(), input_size(), hidden_size());
  if (options_.num_layers != 1) text += fmt::format(", num_layers={}", options_.num_layers);
  if (!options_.bias) text += ", no bias";
  if (options_.batch_first) text += ", batch_first";
  if (options_.dropout != 0) text += fmt::format(", dropout={}", options_.dropout);
  if (options_.bidirectional) text += ", bidirectional";
  return text + ")";
}

std::vector<RnnWeights> Recurrent::tensors() const {
  std::vector<RnnWeights> result;
  result.reserve(weights.size());
  for (const RecurrentWeights& w : weights) result.push_back(w.tensors());
  return result;
}

RnnOptions Recurrent::options(const Tensor& lengths) const {
  return {.bidirectional = options_.bidirectional,
          .batch_first = options_.batch_first,
          .dropout = is_training() ? options_.dropout : 0,
          .lengths = lengths};
}

RecurrentCell::RecurrentCell(RecurrentWeights w)
    : weight_ih(std::move(w.weight_ih)), weight_hh(std::move(w.weight_hh)), bias_ih(std::move(w.bias_ih)), bias_hh(std::move(w.bias_hh)) {}

RnnWeights RecurrentCell::tensors() const { return {weight_ih.tensor(), weight_hh.tensor(), value_of(bias_ih), value_of(bias_hh)}; }

std::string RecurrentCell::description() const {
  return fmt::format("{}({}, {}{})", type_name(), weight_ih.shape()[1], weight_hh.shape()[1], bias_ih ? "" : ", no bias");
}

namespace {

RecurrentWeights cell_weights(const char* name, std::size_t gates, Integer input, Integer hidden, const CellOptions& o, SourceLocation at) {
  return {gates, size_of(name, "input", input, at), size_of(name, "hidden", hidden, at), o.bias, o.dtype};
}

}  // namespace

}  // namespace detail

LSTM::LSTM(Integer input, Integer hidden, RecurrentOptions options, SourceLocation at) : Recurrent("LSTM", 4, input, hidden, options, at) {}

LstmResult LSTM::operator()(const Tensor& x, const LstmInput& input, SourceLocation at) {
  const auto run = [&](const Tensor& sequences, const Tensor& h, const Tensor& c) {
    const CallSite site(called_at());
    return lstm(sequences, {h, c}, tensors(), options(input.lengths));
  };
  return call(at, run, x, input.h, input.c);
}

Tensor LSTM::forward(const Tensor& x) {
  const CallSite site(called_at());
  return lstm(x, {}, tensors(), options({})).output;
}

GRU::GRU(Integer input, Integer hidden, RecurrentOptions options, SourceLocation at) : Recurrent("GRU", 3, input, hidden, options, at) {}

RnnResult GRU::operator()(const Tensor& x, const RnnInput& input, SourceLocation at) {
  const auto run = [&](const Tensor& sequences, const Tensor& h) {
    const CallSite site(called_at());
    return gru(sequences, h, tensors(), options(input.lengths));
  };
  return call(at, run, x, input.h);
}

Tensor GRU::forward(const Tensor& x) {
  const CallSite site(called_at());
  return gru(x, {}, tensors(), options({})).output;
}

namespace {

using RnnOp = RnnResult (*)(Operand x, const Tensor& initial, const std::vector<RnnWeights>& weights, const RnnOptions& options);

RnnOp op_of(Nonlinearity nonlinearity) { return nonlinearity == Nonlinearity::relu ? RnnOp(rnn_relu) : RnnOp(rnn_tanh); }

}  // namespace

RNN::RNN(Integer input, Integer hidden, RecurrentOptions options, Nonlinearity nonlinearity, SourceLocation at)
    : Recurrent("RNN", 1, input, hidden, options, at), nonlinearity_(nonlinearity) {}

RnnResult RNN::operator()(const Tensor& x, const RnnInput& input, SourceLocation at) {
  const auto op = op_of(nonlinearity_);
  const auto run = [&](const Tensor& sequences, const Tensor& h) {
    const CallSite site(called_at());
    return op(sequences, h, tensors(), options(input.lengths));
  };
  return call(at, run, x, input.h);
}

Tensor RNN::forward(const Tensor& x) {
  const CallSite site(called_at());
  return op_of(nonlinearity_)(x, {}, tensors(), options({})).output;
}

std::string RNN::description() const {
  std::string text = Recurrent::description();
  if (nonlinearity_ == Nonlinearity::relu) text.insert(text.size() - 1, ", relu");
  return text;
}

LSTMCell::LSTMCell(Integer input, Integer hidden, CellOptions options, SourceLocation at)
    : RecurrentCell(detail::cell_weights("LSTMCell", 4, input, hidden, options, at)) {}

LstmState LSTMCell::operator()(const Tensor& x, const LstmState& state, SourceLocation at) {
  const auto run = [&](const Tensor& step, const Tensor& h, const Tensor& c) {
    const CallSite site(called_at());
    return lstm_cell(step, {h, c}, tensors());
  };
  return call(at, run, x, state.h, state.c);
}

Tensor LSTMCell::forward(const Tensor& x) {
  const CallSite site(called_at());
  return lstm_cell(x, {}, tensors()).h;
}

GRUCell::GRUCell(Integer input, Integer hidden, CellOptions options, SourceLocation at)
    : RecurrentCell(detail::cell_weights("GRUCell", 3, input, hidden, options, at)) {}

Tensor GRUCell::operator()(const Tensor& x, const Tensor& h, SourceLocation at) {
  const auto run = [&](const Tensor& step, const Tensor& state) {
    const CallSite site(called_at());
    return gru_cell(step, state, tensors());
  };
  return call(at, run, x, h);
}

Tensor GRUCell::forward(const Tensor& x) {
  const CallSite site(called_at());
  return gru_cell(x, {}, tensors());
}

RNNCell::RNNCell(Integer input, Integer hidden, CellOptions options, Nonlinearity nonlinearity, SourceLocation at)
    : RecurrentCell(detail::cell_weights("RNNCell", 1, input, hidden, options, at)), nonlinearity_(nonlinearity) {}

Tensor RNNCell::operator()(const Tensor& x, const Tensor& h, SourceLocation at) {
  const auto run = [&](const Tensor& step, const Tensor& state) {
    const CallSite site(called_at());
    return (nonlinearity_ == Nonlinearity::relu ? rnn_relu_cell : rnn_tanh_cell)(step, state, tensors());
  };
  return call(at, run, x, h);
}

Tensor RNNCell::forward(const Tensor& x) {
  const CallSite site(called_at());
  return (nonlinearity_ == Nonlinearity::relu ? rnn_relu_cell : rnn_tanh_cell)(x, {}, tensors());
}

}  // namespace reel::nn
