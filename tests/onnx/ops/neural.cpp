#include <algorithm>
#include <limits>

#include "../ops.hpp"

namespace onnx_test {

using namespace reel;

namespace {

/// What convolutions and poolings have in common: one number a spatial axis.
struct Window {
  std::vector<std::int64_t> kernel, stride, dilation, before, after;

  /// Whether an op can pad by itself: alike on both sides, and by half of the kernel at most.
  bool is_plain(std::int64_t most_of_kernel) const {
    for (std::size_t i = 0; i < before.size(); ++i)
      if (before[i] != after[i] || before[i] * most_of_kernel > kernel[i]) return false;
    return true;
  }
};

/// "SAME_UPPER" pads so that a stride of 1 keeps the length, the odd element at the end.
void pad_same(Window& w, const Tensor& x, bool upper) {
  for (std::size_t i = 0; i < w.kernel.size(); ++i) {
    const auto length = static_cast<std::int64_t>(x.shape()[i + 2]), outputs = (length + w.stride[i] - 1) / w.stride[i];
    const std::int64_t total = std::max<std::int64_t>(0, (outputs - 1) * w.stride[i] + (w.kernel[i] - 1) * w.dilation[i] + 1 - length);
    w.before[i] = upper ? total / 2 : total - total / 2;
    w.after[i] = total - w.before[i];
  }
}

Window window_of(const Call& c, std::vector<std::int64_t> kernel) {
  const Attributes& a = c.attributes();
  Window w;
  w.kernel = std::move(kernel);
  const std::size_t n = w.kernel.size();
  w.stride = a.list("strides").value_or(std::vector<std::int64_t>(n, 1));
  w.dilation = a.list("dilations").value_or(std::vector<std::int64_t>(n, 1));
  const auto pads = a.list("pads").value_or(std::vector<std::int64_t>(2 * n, 0));
  w.before.assign(pads.begin(), pads.begin() + static_cast<std::ptrdiff_t>(n));
  w.after.assign(pads.begin() + static_cast<std::ptrdiff_t>(n), pads.end());
  const std::string automatic = a.text("auto_pad", "NOTSET");
  if (automatic.starts_with("SAME")) pad_same(w, c.in[0], automatic == "SAME_UPPER");
  return w;
}

std::vector<std::int64_t> kernel_of(const Tensor& weight) { return {weight.shape().begin() + 2, weight.shape().end()}; }

/// Padded at the spatial axes.
Tensor padded(const Tensor& x, const Window& w, double value) {
  Ints before{0, 0}, after{0, 0};
  for (const std::int64_t p : w.before) before.push_back(p);
  for (const std::int64_t p : w.after) after.push_back(p);
  return pad(x, before, after, {.value = value});
}

Results convolution(const Call& c) {
  const Window w = window_of(c, kernel_of(c.in[1]));
  const ConvOptions options{.stride = ints_of(w.stride), .dilation = ints_of(w.dilation), .groups = c.attributes().integer("group", 1)};
  const Tensor x = padded(c.in[0], w, 0);
  switch (w.kernel.size()) {
    case 1: return {c.has(2) ? conv1d(x, c.in[1], c.in[2], options) : conv1d(x, c.in[1], options)};
    case 2: return {c.has(2) ? conv2d(x, c.in[1], c.in[2], options) : conv2d(x, c.in[1], options)};
    default: return {c.has(2) ? conv3d(x, c.in[1], c.in[2], options) : conv3d(x, c.in[1], options)};
  }
}

Results transposed_convolution(const Call& c) {
  Window w = window_of(c, kernel_of(c.in[1]));
  const std::size_t n = w.kernel.size();
  if (c.attributes().list("output_shape") || c.attributes().text("auto_pad", "NOTSET") != "NOTSET")
    throw Unsupported("transposed convolutions to a given shape");
  if (!w.is_plain(0)) throw Unsupported("transposed convolutions with uneven padding");
  const auto more = c.attributes().list("output_padding").value_or(std::vector<std::int64_t>(n, 0));
  const ConvTransposeOptions options{.stride = ints_of(w.stride),
                                     .padding = ints_of(w.before),
                                     .output_padding = ints_of(more),
                                     .dilation = ints_of(w.dilation),
                                     .groups = c.attributes().integer("group", 1)};
  switch (n) {
    case 1: return {c.has(2) ? conv_transpose1d(c.in[0], c.in[1], c.in[2], options) : conv_transpose1d(c.in[0], c.in[1], options)};
    case 2: return {c.has(2) ? conv_transpose2d(c.in[0], c.in[1], c.in[2], options) : conv_transpose2d(c.in[0], c.in[1], options)};
    default: return {c.has(2) ? conv_transpose3d(c.in[0], c.in[1], c.in[2], options) : conv_transpose3d(c.in[0], c.in[1], options)};
  }
}

Results max_pooling(const Call& c) {
  const Window w = window_of(c, *c.attributes().list("kernel_shape"));
  const bool ceil_mode = c.attributes().integer("ceil_mode", 0) != 0;
  if (c.node.outputs.size() > 1) throw Unsupported("indices of max pooling");
  const Tensor x = w.is_plain(2) ? c.in[0] : padded(c.in[0], w, -std::numeric_limits<double>::infinity());
  const Ints kernel = ints_of(w.kernel);
  const MaxPoolOptions options{.stride = ints_of(w.stride),
                               .padding = w.is_plain(2) ? ints_of(w.before) : Ints(0),
                               .dilation = ints_of(w.dilation),
                               .ceil_mode = ceil_mode};
  return {w.kernel.size() == 1   ? max_pool1d(x, kernel, options)
          : w.kernel.size() == 2 ? max_pool2d(x, kernel, options)
                                 : max_pool3d(x, kernel, options)};
}

Results average_pooling(const Call& c) {
  const Window w = window_of(c, *c.attributes().list("kernel_shape"));
  const bool with_padding = c.attributes().integer("count_include_pad", 0) != 0;
  if (!w.is_plain(2) && !with_padding) throw Unsupported("average pooling over uneven or wide padding that does not count");
  const Tensor x = w.is_plain(2) ? c.in[0] : padded(c.in[0], w, 0);
  const Ints kernel = ints_of(w.kernel);
  const AvgPoolOptions options{.stride = ints_of(w.stride),
                               .padding = w.is_plain(2) ? ints_of(w.before) : Ints(0),
                               .ceil_mode = c.attributes().integer("ceil_mode", 0) != 0,
                               .count_include_pad = with_padding};
  return {w.kernel.size() == 1   ? avg_pool1d(x, kernel, options)
          : w.kernel.size() == 2 ? avg_pool2d(x, kernel, options)
                                 : avg_pool3d(x, kernel, options)};
}

/// The spatial axes kept with length 1.
Op global(Tensor (*f)(Operand)) {
  return [f](const Call& c) -> Results {
    Shape shape = c.in[0].shape();
    for (std::size_t i = 2; i < shape.rank(); ++i) shape[i] = 1;
    return {reshape(f(c.in[0]), shape)};
  };
}

Results normalized_batch(const Call& c) {
  if (c.attributes().integer("training_mode", 0) != 0) throw Unsupported("batch normalization's running statistics");
  return {batch_norm_eval(c.in[0], c.in[3], c.in[4], c.in[1], c.in[2], {.eps = c.attributes().number("epsilon", 1e-5)})};
}

Results normalized_layer(const Call& c) {
  const Tensor& x = c.in[0];
  std::int64_t axis = c.attributes().integer("axis", -1);
  axis += axis < 0 ? static_cast<std::int64_t>(x.rank()) : 0;
  Ints axes;
  for (auto i = axis; i < static_cast<std::int64_t>(x.rank()); ++i) axes.push_back(i);
  const double eps = c.attributes().number("epsilon", 1e-5);
  const Tensor mean_of = mean(x, axes, {.keepdims = true}), deviation = rsqrt(var(x, axes, {.correction = 0, .keepdims = true}) + eps);
  const Tensor y = c.has(2) ? layer_norm(x, c.in[1], c.in[2], {.eps = eps}) : layer_norm(x, c.in[1], {.eps = eps});
  return {y, mean_of, deviation};
}

Results normalized_instances(const Call& c) {
  return {instance_norm(c.in[0], c.in[1], c.in[2], {.eps = c.attributes().number("epsilon", 1e-5)})};
}

Results dropped(const Call& c) {
  const bool training = c.has(2) && c.in[2].value().as_double(0) != 0;
  if (training && c.has(1) && c.in[1].value().as_double(0) != 0) throw Unsupported("random numbers of the reference's own");
  if (training && !c.has(1)) throw Unsupported("random numbers of the reference's own");
  return {c.in[0], Tensor(Array::full(c.in[0].shape(), 1, boolean))};
}

nn::Reduction reduction_of(const Call& c) {
  const std::string name = c.attributes().text("reduction", "mean");
  return name == "sum" ? nn::Reduction::sum : name == "none" ? nn::Reduction::none : nn::Reduction::mean;
}

Results negative_log_likelihood(const Call& c) {
  return {nn::nll_loss(c.in[0], c.in[1], {reduction_of(c), c.has(2) ? c.in[2] : Tensor(), c.attributes().integer("ignore_index", -100)})};
}

Results softmax_cross_entropy(const Call& c) {
  const Tensor loss =
      nn::cross_entropy(c.in[0], c.in[1], {reduction_of(c), c.has(2) ? c.in[2] : Tensor(), c.attributes().integer("ignore_index", -100)});
  return {loss, log_softmax(c.in[0], 1)};
}

/// Weights of ONNX's layout for one direction, gates in their order there; b holds both biases.
RnnWeights weights_of(const Call& c, const std::vector<std::size_t>& order) {
  const std::size_t hidden = c.in[2].shape()[2];
  const auto reordered = [&](const Tensor& gates) {  // (G·H, ...)
    std::vector<Tensor> parts;
    for (const std::size_t g : order)
      parts.push_back(slice(gates, {{static_cast<std::ptrdiff_t>(g * hidden), static_cast<std::ptrdiff_t>((g + 1) * hidden)}}));
    return concatenate(parts);
  };
  RnnWeights w{reordered(c.in[1].row(0)), reordered(c.in[2].row(0))};
  const std::size_t gates = order.size() * hidden;
  const Tensor biases = c.has(3) ? c.in[3].row(0) : zeros({2 * gates});
  w.b_ih = reordered(slice(biases, {{0, static_cast<std::ptrdiff_t>(gates)}}));
  w.b_hh = reordered(slice(biases, {{static_cast<std::ptrdiff_t>(gates), std::nullopt}}));
  return w;
}

/// Throws for what goes beyond one direction of the standard cell.
void require_plain(const Call& c) {
  for (const char* name : {"activations", "clip", "input_forget"})
    if (c.attributes().texts.contains(name) || c.attributes().numbers.contains(name) || c.attributes().integers.contains(name))
      throw Unsupported("recurrent cells other than the standard ones");
  if (c.attributes().text("direction", "forward") != "forward" || c.has(4)) throw Unsupported("recurrent layers backwards, or by lengths");
}

/// (T, N, H) as ONNX has it, with an axis for the direction; batches first where `layout` says so.
Results recurrent_results(const Call& c, const Tensor& output, const std::vector<Tensor>& states) {
  const bool batch_first = c.attributes().integer("layout", 0) != 0;
  Results results{batch_first ? permute(unsqueeze(output, 1), {2, 0, 1, 3}) : unsqueeze(output, 1)};
  for (const Tensor& state : states) results.push_back(batch_first ? transpose(state, 0, 1) : state);
  return results;
}

Tensor sequence_of(const Call& c) { return c.attributes().integer("layout", 0) != 0 ? transpose(c.in[0], 0, 1) : c.in[0]; }

Results long_short_term_memory(const Call& c) {
  require_plain(c);
  if (c.has(7)) throw Unsupported("peepholes");
  const LstmState initial{c.has(5) ? c.in[5] : Tensor(), c.has(6) ? c.in[6] : Tensor()};
  const LstmResult r = lstm(sequence_of(c), initial, {weights_of(c, {0, 2, 3, 1})});  // ONNX: i o f c
  return recurrent_results(c, r.output, {r.h, r.c});
}

Results gated_recurrent_unit(const Call& c) {
  require_plain(c);
  if (c.attributes().integer("linear_before_reset", 0) == 0) throw Unsupported("a GRU that resets before its product");
  const RnnResult r = gru(sequence_of(c), c.has(5) ? c.in[5] : Tensor(), {weights_of(c, {1, 0, 2})});  // ONNX: z r h
  return recurrent_results(c, r.output, {r.h});
}

Results simple_recurrent(const Call& c) {
  require_plain(c);
  const RnnResult r = rnn_tanh(sequence_of(c), c.has(5) ? c.in[5] : Tensor(), {weights_of(c, {0})});
  return recurrent_results(c, r.output, {r.h});
}

}  // namespace

void add_neural(Table& table) {
  table.insert({
      {"AveragePool", average_pooling},
      {"BatchNormalization", normalized_batch},
      {"Conv", convolution},
      {"ConvTranspose", transposed_convolution},
      {"Dropout", dropped},
      {"GRU", gated_recurrent_unit},
      {"GlobalAveragePool", global(global_avg_pool)},
      {"GlobalMaxPool", global(global_max_pool)},
      {"InstanceNormalization", normalized_instances},
      {"LSTM", long_short_term_memory},
      {"LayerNormalization", normalized_layer},
      {"MaxPool", max_pooling},
      {"NegativeLogLikelihoodLoss", negative_log_likelihood},
      {"RNN", simple_recurrent},
      {"SoftmaxCrossEntropyLoss", softmax_cross_entropy},
  });
}

}  // namespace onnx_test
