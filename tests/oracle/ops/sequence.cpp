#include "../args.hpp"

namespace oracle {

namespace {

/// A value that a case need not have.
template <class T>
T or_else(Args args, const char* name, T otherwise) {
  return args.contains(name) && !args.at(name).is_null() ? args.at(name).get<T>() : otherwise;
}

double eps(Args args, double otherwise = 1e-5) { return or_else(args, "eps", otherwise); }
Tensor input(In in, std::size_t i) { return i < in.size() ? in[i] : Tensor(); }
Shape normalized(Args args) { return args.contains("shape") ? shape(args) : Shape{}; }

/// batch_norm's cases may turn training off; then they bring mean and variance.
Outputs batch_norm_case(In in, Args args) {
  if (or_else(args, "training", true)) return batch_norm(in[0], input(in, 1), input(in, 2), {.eps = eps(args)}).output;
  return batch_norm_eval(in[0], in[1], in[2], input(in, 3), input(in, 4), {.eps = eps(args)});
}

Outputs attention(In in, Args args) {
  AttentionOptions o{.causal = or_else(args, "causal", false)};
  if (args.contains("scale") && !args.at("scale").is_null()) o.scale = number(args, "scale");
  return scaled_dot_product_attention(in[0], in[1], in[2], input(in, 3), o);
}

Outputs embedding_case(In in, Args args) {
  EmbeddingOptions o;
  if (args.contains("padding_idx") && !args.at("padding_idx").is_null()) o.padding_idx = args.at("padding_idx").get<std::ptrdiff_t>();
  return embedding(in[0], in[1], o);
}

/// What a case need not say.
RnnOptions recurrent_options(Args args) {
  RnnOptions o{.bidirectional = or_else(args, "bidirectional", false), .batch_first = or_else(args, "batch_first", false)};
  if (args.contains("lengths")) {
    const auto lengths = args.at("lengths").get<std::vector<std::int64_t>>();
    o.lengths = Tensor(Array::of<std::int64_t>({lengths.size()}, lengths));
  }
  return o;
}
/// Four arrays a set, or two where there are no biases, from input `first` on.
std::vector<RnnWeights> weights(In in, Args args, std::size_t first) {
  const bool bias = or_else(args, "bias", true);
  std::vector<RnnWeights> result;
  for (const std::size_t step = bias ? 4 : 2; first + step <= in.size(); first += step) {
    result.push_back({in[first], in[first + 1]});
    if (bias) result.back().b_ih = in[first + 2], result.back().b_hh = in[first + 3];
  }
  return result;
}

Outputs lstm_case(In in, Args args) {
  const LstmResult r = lstm(in[0], {in[1], in[2]}, weights(in, args, 3), recurrent_options(args));
  return {r.output, r.h, r.c};
}

template <RnnResult (*F)(Operand, const Tensor&, const std::vector<RnnWeights>&, const RnnOptions&)>
Outputs rnn_case(In in, Args args) {
  const RnnResult r = F(in[0], in[1], weights(in, args, 2), recurrent_options(args));
  return {r.output, r.h};
}

}  // namespace

void add_sequence(Table& table) {
  table.insert({
      {"layer_norm",
       [](In in, Args args) -> Outputs {
         return layer_norm(in[0], input(in, 1), input(in, 2), {.shape = normalized(args), .eps = eps(args)});
       }},
      {"rms_norm",
       [](In in, Args args) -> Outputs { return rms_norm(in[0], input(in, 1), {.shape = normalized(args), .eps = eps(args, 1e-6)}); }},
      {"group_norm",
       [](In in, Args args) -> Outputs {
         return group_norm(in[0], args.at("groups").get<std::size_t>(), input(in, 1), input(in, 2), {.eps = eps(args)});
       }},
      {"instance_norm", [](In in, Args args) -> Outputs { return instance_norm(in[0], input(in, 1), input(in, 2), {.eps = eps(args)}); }},
      {"batch_norm", batch_norm_case},
      {"batch_norm_eval",
       [](In in, Args args) -> Outputs { return batch_norm_eval(in[0], in[1], in[2], input(in, 3), input(in, 4), {.eps = eps(args)}); }},
      {"embedding", embedding_case},
      {"scaled_dot_product_attention", attention},
      {"lstm", lstm_case},
      {"gru", rnn_case<gru>},
      {"rnn_tanh", rnn_case<rnn_tanh>},
      {"rnn_relu", rnn_case<rnn_relu>},
  });
}

}  // namespace oracle
