#include "../ops_table.hpp"

using namespace reel;

namespace {

/// All elements of some results, one after the other.
Tensor flatten_all(const std::vector<Tensor>& results) {
  std::vector<Tensor> parts;
  for (const Tensor& t : results) parts.push_back(reshape(t, {-1}));
  return concatenate(parts);
}
Tensor flat(const LstmResult& r) { return flatten_all({r.output, r.h, r.c}); }
Tensor flat(const RnnResult& r) { return flatten_all({r.output, r.h}); }

RnnWeights weights_from(const In& in, std::size_t first) { return {in[first], in[first + 1], in[first + 2], in[first + 3]}; }

/// Inputs x, states..., then four arrays a set of weights.
std::vector<RnnWeights> all_weights(const In& in, std::size_t first) {
  std::vector<RnnWeights> result;
  for (; first < in.size(); first += 4) result.push_back(weights_from(in, first));
  return result;
}

/// The shapes for `sets` sets of weights and states h (and c).
std::vector<Shape> recurrent_case(std::size_t gates, bool has_c, Shape x, std::size_t hidden, std::size_t layers = 1,
                                  std::size_t directions = 1) {
  const Shape state{layers * directions, x[1], hidden};
  std::vector<Shape> shapes{x, state};
  if (has_c) shapes.push_back(state);
  for (std::size_t i = 0; i < layers * directions; ++i) {
    const std::size_t features = i < directions ? x[2] : directions * hidden, rows = gates * hidden;
    for (const Shape& s : {Shape{rows, features}, Shape{rows, hidden}, Shape{rows}, Shape{rows}}) shapes.push_back(s);
  }
  return shapes;
}

void append_norms(std::vector<Row>& rows) {
  const auto row = [&](const char* op, const char* variant, auto f, const Cases& cases) {
    rows.push_back({op, variant, [f](const In& in) { return f(in); }, cases, anything});
  };
  const Cases trailing{{{1}}, {{4}}, {{0, 3}}, {{3, 0}}, {{3, 5}}, {{2, 1, 2, 1, 3}}};
  row(
      "layer_norm", "plain", [](const In& in) { return layer_norm(in[0]); }, trailing);
  row("layer_norm", "weight and bias", [](const In& in) { return layer_norm(in[0], in[1], in[2]); },
      {{{3, 5}, {5}, {5}},
       {{4, 2, 3}, {2, 3}, {2, 3}},
       {{3}, {3}, {3}},
       {{0, 3}, {3}, {3}},
       {{40, 17}, {17}, {17}},
       {{2, 1, 2, 1, 3}, {2, 1, 3}, {2, 1, 3}}});
  row("layer_norm", "weight", [](const In& in) { return layer_norm(in[0], in[1], {.eps = 0.1}); }, {{{3, 5}, {5}}, {{2, 2, 3}, {2, 3}}});
  row("layer_norm", "bias", [](const In& in) { return layer_norm(in[0], Tensor(), in[1], {.shape = {5}}); }, {{{3, 5}, {5}}});
  row("rms_norm", "plain", [](const In& in) { return rms_norm(in[0]); }, {{{4}}, {{0, 3}}, {{3, 0}}, {{3, 5}}, {{2, 1, 2, 1, 3}}});
  row("rms_norm", "weight", [](const In& in) { return rms_norm(in[0], in[1], {.eps = 1e-6}); },
      {{{3, 5}, {5}}, {{4, 2, 3}, {2, 3}}, {{17, 33}, {33}}, {{2, 1, 2, 1, 3}, {3}}});
  const auto two_groups = [](const In& in) { return in.size() == 1 ? group_norm(in[0], 2) : group_norm(in[0], 2, in[1], in[2]); };
  row("group_norm", "two groups", two_groups,
      {{{3, 6}},
       {{2, 6, 5}},
       {{0, 4, 2}},
       {{2, 4, 0}},
       {{3, 6}, {6}, {6}},
       {{2, 6, 5}, {6}, {6}},
       {{2, 4, 1, 3, 2}, {4}, {4}},
       {{2, 2, 20}, {2}, {2}}});
  row("group_norm", "weight", [](const In& in) { return group_norm(in[0], 1, in[1], Tensor()); }, {{{2, 3, 5}, {3}}});
  row("instance_norm", "", [](const In& in) { return in.size() == 1 ? instance_norm(in[0]) : instance_norm(in[0], in[1], in[2]); },
      {{{2, 3, 5}}, {{2, 3, 2, 2}, {3}, {3}}, {{1, 2, 1, 3, 2}, {2}, {2}}});
  row("batch_norm", "", [](const In& in) { return (in.size() == 1 ? batch_norm(in[0]) : batch_norm(in[0], in[1], in[2])).output; },
      {{{5, 3}}, {{3, 2, 4}}, {{5, 3}, {3}, {3}}, {{3, 2, 4}, {2}, {2}}, {{2, 2, 17}, {2}, {2}}, {{2, 3, 1, 3, 2}, {3}, {3}}});
  row("batch_norm_eval", "",
      [](const In& in) {
        const Tensor variance = square(in[2]) + 0.5;
        return in.size() == 3 ? batch_norm_eval(in[0], in[1], variance) : batch_norm_eval(in[0], in[1], variance, in[3], in[4]);
      },
      {{{5, 3}, {3}, {3}}, {{2, 3, 4}, {3}, {3}, {3}, {3}}, {{0, 3}, {3}, {3}, {3}, {3}}, {{2, 3, 1, 2, 2}, {3}, {3}, {3}, {3}}});
}

void append_embedding(std::vector<Row>& rows) {
  const Tensor repeated = tensor({{0, 2, 2}, {1, 0, 2}});
  rows.push_back({"embedding",
                  "",
                  [repeated](const In& in) { return embedding(repeated, in[0]); },
                  {{{3, 4}}, {{5}}, {{3, 0}}, {{3, 2, 1, 2}}},
                  anything});
  rows.push_back({"embedding", "a scalar index", [](const In& in) { return embedding(tensor(1), in[0]); }, {{{2, 3}}}, anything});
  rows.push_back({"embedding",
                  "no index",
                  [](const In& in) {
                    return embedding(zeros({0, 2}, {.dtype = int64}), in[0]);
                  },
                  {{{2, 3}}},
                  anything});
}

void append_attention(std::vector<Row>& rows) {
  const auto row = [&](const char* variant, auto f, const Cases& cases) {
    rows.push_back({"scaled_dot_product_attention", variant, [f](const In& in) { return f(in); }, cases, anything});
  };
  const Cases plain{{{3, 4}, {5, 4}, {5, 2}},
                    {{2, 3, 4}, {2, 5, 4}, {2, 5, 2}},
                    {{1, 1}, {1, 1}, {1, 1}},
                    {{0, 4}, {5, 4}, {5, 2}},
                    {{3, 4}, {0, 4}, {0, 2}},
                    {{3, 0}, {5, 0}, {5, 2}},
                    {{2, 1, 3, 2}, {3, 4, 2}, {2, 3, 4, 2}},
                    {{1, 2, 1, 3, 2}, {2, 1, 2, 3, 2}, {1, 2, 3, 1}}};
  row(
      "", [](const In& in) { return scaled_dot_product_attention(in[0], in[1], in[2]); }, plain);
  row(
      "causal", [](const In& in) { return scaled_dot_product_attention(in[0], in[1], in[2], {.causal = true}); }, plain);
  row("added mask", [](const In& in) { return scaled_dot_product_attention(in[0], in[1], in[2], in[3], {.scale = 0.7}); },
      {{{3, 4}, {5, 4}, {5, 2}, {3, 5}},
       {{2, 2, 3, 4}, {2, 2, 5, 4}, {2, 2, 5, 2}, {2, 1, 1, 5}},
       {{2, 3, 4}, {2, 5, 4}, {2, 5, 2}, {3, 1}},
       {{3, 4}, {5, 4}, {5, 2}, Shape{}}});
  const Tensor mask = tensor({{true, true, false, true, false}, {false, false, false, false, false}, {true, true, true, true, true}});
  row("bool mask, one row all false", [mask](const In& in) { return scaled_dot_product_attention(in[0], in[1], in[2], mask); },
      {{{3, 4}, {5, 4}, {5, 2}}, {{2, 3, 4}, {5, 4}, {2, 5, 2}}});
  row("dropout",
      [](const In& in) {
        const SeedScope fixed(3);
        return scaled_dot_product_attention(in[0], in[1], in[2], {.dropout_p = 0.4});
      },
      {{{3, 4}, {5, 4}, {5, 2}}});
}

void append_self_attention(std::vector<Row>& rows) {
  const Cases cases{{{4, 6}}, {{2, 3, 12}}, {{1, 6}}, {{2, 1, 3, 6}}, {{0, 6}}, {{0, 2, 6}}, {{2, 0}}};
  rows.push_back({"self_attention", "", [](const In& in) { return self_attention(in[0]); }, cases, anything});
  rows.push_back({"self_attention", "two heads, causal",
                  [](const In& in) { return self_attention(in[0], {.heads = 2, .causal = true, .scale = 0.7}); }, cases, anything});
}

/// A layer with states, in x's shapes, and what options make of it. `deep` is where the elements of large cases come from.
template <class F>
void append_layer(std::vector<Row>& rows, const char* op, std::size_t gates, bool has_c, const F& f, Range deep = {-1, 1}) {
  const auto shapes = [&](Shape x, std::size_t hidden, std::size_t layers = 1, std::size_t directions = 1) {
    return recurrent_case(gates, has_c, x, hidden, layers, directions);
  };
  const auto row = [&](const char* variant, const RnnOptions& options, const Cases& cases, Range range) {
    rows.push_back({op, variant, [f, options](const In& in) { return f(in, options); }, cases, {range}});
  };
  row("", {},
      {shapes({3, 2, 3}, 2), shapes({1, 1, 1}, 1), shapes({2, 0, 3}, 2), shapes({0, 2, 3}, 2), shapes({2, 1, 0}, 2), shapes({2, 3, 2}, 9)},
      {-1, 1});
  row("two layers, both directions", {.bidirectional = true}, {shapes({2, 2, 3}, 2, 2, 2)}, deep);
  row("lengths, both directions, batch first", {.bidirectional = true, .batch_first = true, .lengths = tensor({2, 3, 0, 1, 3})}, {[&] {
        std::vector<Shape> result = shapes({3, 5, 2}, 2, 1, 2);
        result[0] = {5, 3, 2};
        return result;
      }()},
      deep);
}

void append_recurrent(std::vector<Row>& rows) {
  append_layer(rows, "lstm", 4, true, [](const In& in, const RnnOptions& o) {
    return flat(lstm(in[0], {in[1], in[2]}, all_weights(in, 3), o));
  });
  append_layer(rows, "gru", 3, false, [](const In& in, const RnnOptions& o) { return flat(gru(in[0], in[1], all_weights(in, 2), o)); });
  append_layer(rows, "rnn_tanh", 1, false,
               [](const In& in, const RnnOptions& o) { return flat(rnn_tanh(in[0], in[1], all_weights(in, 2), o)); });
  append_layer(rows, "rnn_relu", 1, false,
               [](const In& in, const RnnOptions& o) { return flat(rnn_relu(in[0], in[1], all_weights(in, 2), o)); },
               {0.2, 1});  // no kinks
  rows.push_back({"lstm",
                  "dropout between layers",
                  [](const In& in) {
                    const SeedScope fixed(3);
                    return lstm(in[0], {in[1], in[2]}, all_weights(in, 3), {.dropout = 0.5}).output;
                  },
                  {recurrent_case(4, true, {2, 2, 3}, 2, 2)},
                  {{-1, 1}}});
  const Cases no_bias{{{3, 2, 3}, {8, 3}, {8, 2}}};
  rows.push_back({"lstm",
                  "no states, no biases",
                  [](const In& in) {
                    return flat(lstm(in[0], {}, {{in[1], in[2]}}));
                  },
                  no_bias,
                  {{-1, 1}}});
  rows.push_back({"gru",
                  "no states, no biases",
                  [](const In& in) {
                    return flat(gru(in[0], {}, {{in[1], in[2]}}));
                  },
                  {{{3, 2, 3}, {6, 3}, {6, 2}}},
                  {{-1, 1}}});
  const auto cell = [&](const char* op, std::size_t rows_of, bool has_c, auto f) {
    std::vector<Shape> shapes{{2, 3}, {2, 2}};
    if (has_c) shapes.push_back({2, 2});
    for (const Shape& s : {Shape{rows_of, 3}, Shape{rows_of, 2}, Shape{rows_of}, Shape{rows_of}}) shapes.push_back(s);
    rows.push_back({op, "", [f](const In& in) { return f(in); }, {shapes}, {{-1, 1}}});
  };
  cell("lstm_cell", 8, true, [](const In& in) {
    const LstmState s = lstm_cell(in[0], {in[1], in[2]}, weights_from(in, 3));
    return flatten_all({s.h, s.c});
  });
  cell("gru_cell", 6, false, [](const In& in) { return gru_cell(in[0], in[1], weights_from(in, 2)); });
  cell("rnn_tanh_cell", 2, false, [](const In& in) { return rnn_tanh_cell(in[0], in[1], weights_from(in, 2)); });
  cell("rnn_relu_cell", 2, false, [](const In& in) { return rnn_relu_cell(in[0], in[1], weights_from(in, 2)); });
}

}  // namespace

void append_sequence(std::vector<Row>& rows) {
  append_norms(rows);
  append_embedding(rows);
  append_attention(rows);
  append_self_attention(rows);
  append_recurrent(rows);
}
