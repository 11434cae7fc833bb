#include <cmath>

#include <catch2/catch.hpp>
#include <reel/testing/catch.hpp>

#include "error_text.hpp"
#include "models.hpp"

using namespace reel;
using Catch::Contains;

namespace {

Tensor draw(const Shape& shape, Dtype dtype = float64) { return random::normal(shape, {.dtype = dtype}); }

}  // namespace

TEST_CASE("Embedding: its padding row is zero and gets no gradient") {
  nn::Embedding embedding(4, 3, {.padding_idx = -1});
  CHECK(embedding.description() == "Embedding(4, 3, padding_idx=-1)");
  CHECK(max(abs(embedding.weight.tensor().row(3))).item<float>() == 0);
  CHECK(max(abs(embedding.weight.tensor().row(0))).item<float>() > 0);
  sum(embedding(tensor({3, 0, 3}))).backward();
  CHECK(max(abs(embedding.weight.grad().row(3))).item<float>() == 0);
  CHECK(identical(embedding.weight.grad().row(0).value(), ones({3}).value()));
  CHECK_THAT(error_text<ShapeError>([] { nn::Embedding(4, 3, {.padding_idx = 4}); }),
             Contains("padding_idx is 4; it has to be one of the 4 rows (sequence_layers.cpp:"));
  CHECK_THAT(error_text<ShapeError>([&] { embedding(tensor({4})); }), Contains("embedding") && Contains("sequence_layers.cpp:"));
  CHECK_THROWS_AS(embedding(ones({2})), DtypeError);
}

TEST_CASE("Embedding from a weight that was learned elsewhere") {
  const Tensor weight = draw({5, 2}, float32);
  nn::Embedding frozen = nn::Embedding::from_pretrained(weight);
  CHECK(identical(frozen(tensor({4, 1})).value(), stack({weight.row(4), weight.row(1)}).value()));
  CHECK_FALSE(frozen.weight.requires_grad());
  CHECK(nn::Embedding::from_pretrained(weight, {.freeze = false}).weight.requires_grad());
  CHECK_THROWS_AS(nn::Embedding::from_pretrained(ones({3})), ShapeError);
}

TEST_CASE("recurrent layers begin even in one over the root of their width") {
  nn::LSTM lstm(3, 16, {.num_layers = 2});
  for (const ParameterRef& p : lstm.parameters()) {
    CHECK(max(abs(p.tensor())).item<float>() <= 0.25f);
    CHECK(max(abs(p.tensor())).item<float>() > 0.2f);
  }
}

TEST_CASE("a batch of sequences of several lengths gives what each gives on its own") {
  manual_seed(5);
  nn::LSTM lstm(2, 3, {.num_layers = 2, .bidirectional = true, .dtype = float64});
  const Tensor x = variable(draw({5, 3, 2}));
  const std::vector<int> lengths{5, 1, 3};
  const LstmResult all = lstm(x, {.lengths = tensor({5, 1, 3})});
  Tensor loss = sum(square(all.output)) + sum(all.c);
  Tensor alone = zeros({}, {.dtype = float64});
  for (int n = 0; n < 3; ++n) {
    const int length = lengths[static_cast<std::size_t>(n)];
    const LstmResult one = lstm(x[{{0, length}, {n, n + 1}}]);
    CHECK(allclose(all.output[{{0, length}, {n, n + 1}}], one.output, 1e-12));
    if (length < 5) CHECK(max(abs(all.output[{{length, 5}, n}])).item<double>() == 0);
    CHECK(allclose(all.h[{{}, {n, n + 1}}], one.h, 1e-12));
    CHECK(allclose(all.c[{{}, {n, n + 1}}], one.c, 1e-12));
    alone = alone + sum(square(one.output)) + sum(one.c);
  }
  CHECK(allclose(gradients(loss, {x})[0], gradients(alone, {x})[0], 1e-10, 1e-12));
}

TEST_CASE("recurrent layers: gradients by states and through packed sequences") {
  manual_seed(6);
  nn::GRU gru(2, 2, {.bidirectional = true, .dtype = float64});
  const Tensor lengths = tensor({1, 3});
  const auto f = [&](const std::vector<Tensor>& in) {
    const RnnResult r = gru(in[0], {.h = in[1], .lengths = lengths});
    return concatenate({reshape(r.output, {-1}), reshape(r.h, {-1})});
  };
  CHECK_THAT(f, HasRightGradient({draw({3, 2, 2}), draw({2, 2, 2})}));
  nn::LSTM lstm(2, 2, {.dtype = float64});
  const auto g = [&](const std::vector<Tensor>& in) {
    const LstmResult r = lstm(in[0], {.h = in[1], .c = in[2]});
    return concatenate({reshape(r.output, {-1}), reshape(r.c, {-1})});
  };
  CHECK_THAT(g, HasRightGradient({draw({3, 2, 2}), draw({1, 2, 2}), draw({1, 2, 2})}));
}

TEST_CASE("a cell called step by step is the layer") {
  manual_seed(7);
  nn::LSTM lstm(2, 3);
  nn::LSTMCell cell(2, 3);
  State state;
  for (const auto& [name, tensor] : lstm.state()) state[name.substr(0, name.size() - 3)] = tensor;
  cell.load_state(state);
  const Tensor x = draw({4, 2, 2}, float32);
  LstmState now;
  for (int t = 0; t < 4; ++t) now = cell(x.row(t), now);
  const LstmResult all = lstm(x);
  CHECK(allclose(now.h, all.h.row(0)));
  CHECK(allclose(now.c, all.c.row(0)));
  nn::GRUCell gru(2, 3);
  CHECK(allclose(gru(x.row(0), zeros({2, 3})), gru(x.row(0))));
  nn::RNNCell relu_cell(2, 3, {}, nn::Nonlinearity::relu);
  CHECK(min(relu_cell(x.row(0))).item<float>() >= 0);
}

TEST_CASE("recurrent layers record where they are called, under their path") {
  nn::Sequential model{nn::Embedding(3, 2), nn::LSTM(2, 2), nn::Linear(2, 1)};
  const int line = __LINE__ + 1;
  const Tensor y = model(tensor({{0, 1}, {2, 2}}));
  CHECK(y.shape() == Shape{2, 2, 1});
  for (const Entry& entry : Tape(y)) {
    if (entry.inputs().empty()) continue;
    CHECK(entry.location().line == line);
    CHECK((entry.module() == "0" || entry.module() == "1" || entry.module() == "2"));
  }
  nn::LSTM lstm(2, 2);
  const nn::LstmInput wrong{.h = ones({1, 1, 3})};
  const int call = __LINE__ + 1;
  const std::string text = error_text<ShapeError>([&] { lstm(ones({3, 1, 2}), wrong); });
  CHECK_THAT(text, Contains("lstm: x is (3, 1, 2) and h is (1, 1, 3)") && Contains("sequence_layers.cpp:" + std::to_string(call)));
  CHECK_THAT(error_text([] { nn::LSTM(2, 2, {.num_layers = 0}); }), Contains("LSTM: num_layers is 0"));
  CHECK_THAT(error_text([] { nn::GRU(2, 2, {.num_layers = std::size_t(-1)}); }),
             Contains("GRU: num_layers is -1; it may be 10000 at most"));
  CHECK_THAT(error_text([] { nn::RNN(2, 2, {.num_layers = std::size_t{1} << 62}); }), Contains("num_layers is 4611686018427387904"));
  CHECK_THAT(error_text<ShapeError>([] { nn::LSTM(0x4000000000000000, 0x4000000000000000); }), Contains("too large for the address space"));
  CHECK_THAT(error_text([] { nn::GRU(2, 2, {.dropout = 1}); }), Contains("GRU: dropout is 1"));
  CHECK_THAT(error_text<ShapeError>([] { nn::RNN(2, 0); }), Contains("RNN: hidden is 0"));
}

TEST_CASE("attention: what is hidden has no influence, and a query that sees nothing is no NaN") {
  manual_seed(8);
  nn::MultiheadAttention attention(4, 2, {.batch_first = true});
  const Tensor x = draw({1, 3, 4}, float32), other = concatenate({x[{{}, {0, 2}}], draw({1, 1, 4}, float32)}, 1);
  const Tensor padding = tensor({{false, false, true}});
  const auto two = [&](const Tensor& keys) { return attention(x, keys, keys, {.key_padding_mask = padding}).output; };
  CHECK(identical(two(x).value(), two(other).value()));
  const auto first = [&](const Tensor& y) { return attention(y, {.causal = true}).output[{{}, {0, 2}}]; };
  CHECK(identical(first(x).value(), first(other).value()));
  const auto nothing = attention(x, {.key_padding_mask = tensor({{true, true, true}}), .need_weights = true});
  CHECK(max(abs(nothing.output)).item<float>() == 0);  // out_proj's bias begins as zeros
  CHECK(max(abs(nothing.weights)).item<float>() == 0);
  CHECK(nothing.weights.shape() == Shape{1, 3, 3});
}

TEST_CASE("attention: errors name the mask that does not fit") {
  nn::MultiheadAttention attention(4, 2);
  const Tensor x = ones({3, 2, 4});
  const auto text = [&](const nn::AttentionInput& input) { return error_text<ShapeError>([&] { attention(x, input); }); };
  CHECK_THAT(text({.key_padding_mask = zeros({3, 2}, {.dtype = boolean})}),
             Contains("MultiheadAttention: key_padding_mask is (3, 2); it needs (2, 3)"));
  CHECK_THAT(text({.attn_mask = zeros({2, 3})}), Contains("attn_mask is (2, 3); it needs (3, 3) or (4, 3, 3)"));
  CHECK_THAT(error_text<DtypeError>([&] {
               attention(x, {.attn_mask = zeros({3, 3}, {.dtype = int64})});
             }),
             Contains("attn_mask is int64; it needs bool or float32"));
  CHECK_THAT(error_text<ShapeError>([&] {
               attention(x, ones({5, 2, 4}), ones({4, 2, 4}));
             }),
             Contains("key and value need the same length"));
  CHECK_THAT(error_text<ShapeError>([&] { attention(x, ones({5, 1, 4}), ones({5, 1, 4})); }), Contains("they need the same batch N"));
  CHECK_THAT(error_text([] { nn::MultiheadAttention(5, 2); }), Contains("MultiheadAttention: 2 heads do not divide 5 features"));
}

TEST_CASE("attention of a sequence to itself is one op, with the same numbers and gradients as the separate ones") {
  manual_seed(12);
  const auto has_op = [](const Tensor& y) {
    const Tape tape(y);
    return std::any_of(tape.begin(), tape.end(), [](const Entry& entry) { return std::string(entry.op()) == "self_attention"; });
  };
  for (const bool batch_first : {false, true})
    for (const bool causal : {false, true})
      for (const bool bias : {false, true}) {
        CAPTURE(batch_first, causal, bias);
        nn::MultiheadAttention attention(6, 3, {.bias = bias, .dropout = 0.5, .batch_first = batch_first, .dtype = float64});
        if (bias) attention.in_proj_bias->set_value(draw({18}));
        const Tensor x = variable(draw({2, 4, 6}));
        CHECK_FALSE(has_op(attention(x, {.causal = causal}).output));  // weights are dropped
        attention.eval();
        const Tensor y = attention(x, {.causal = causal}).output;
        CHECK(has_op(y));
        const Tensor separate = attention(x, {.causal = causal, .need_weights = true}).output;
        CHECK_FALSE(has_op(separate));
        CHECK(allclose(y, separate, 1e-12, 1e-14));
        const Tensor weight = attention.in_proj_weight->tensor(), seed = draw(y.shape());
        const auto by_one = gradients(y, {x, weight}, {.seed = seed}), by_many = gradients(separate, {x, weight}, {.seed = seed});
        CHECK(allclose(by_one[0], by_many[0], 1e-12, 1e-14));
        CHECK(allclose(by_one[1], by_many[1], 1e-12, 1e-14));
        CHECK_FALSE(has_op(attention(x, x + 0.0, x, {.causal = causal}).output));
      }
}

TEST_CASE("a TransformerEncoderLayer may drop elements, but no attention weights") {
  nn::TransformerEncoderLayer layer(4, 2, {.dim_feedforward = 4, .dropout = 0.1, .attention_dropout = 0});
  CHECK(layer.description() == "TransformerEncoderLayer(4, 2, dim_feedforward=4, dropout=0.1)");
  CHECK(layer.self_attn.description() == "MultiheadAttention(4, 2)");
  CHECK_THAT(error_text([] { nn::TransformerEncoderLayer(4, 2, {.attention_dropout = 1}); }), Contains("dropout is 1"));
}

TEST_CASE("attention: gradients by query, key, value and a mask that is added") {
  manual_seed(9);
  nn::MultiheadAttention attention(4, 2, {.dtype = float64});
  const Tensor padding = tensor({{false, false, true}, {false, false, false}});
  const auto f = [&](const std::vector<Tensor>& in) {
    return attention(in[0], in[1], in[2], {.key_padding_mask = padding, .attn_mask = in[3]}).output;
  };
  CHECK_THAT(f, HasRightGradient({draw({2, 2, 4}), draw({3, 2, 4}), draw({3, 2, 4}), draw({2, 3})}));
  const auto weights = [&](const std::vector<Tensor>& in) { return attention(in[0], in[1], in[1], {.need_weights = true}).weights; };
  CHECK_THAT(weights, HasRightGradient({draw({2, 2, 4}), draw({3, 2, 4})}));
}

TEST_CASE("a TransformerEncoder of one layer's copies begins with the same weights, one of layers with their own") {
  nn::TransformerEncoder copies(nn::TransformerEncoderLayer(4, 2, {.dim_feedforward = 4}), 2);
  CHECK(same_bits(copies.layers[0].state(), copies.layers[1].state()));
  CHECK_FALSE(copies.layers[0].linear1.weight.is_same(copies.layers[1].linear1.weight));
  std::vector<nn::TransformerEncoderLayer> list;
  for (int i = 0; i < 2; ++i) list.emplace_back(4, 2, nn::TransformerOptions{.dim_feedforward = 4});
  nn::TransformerEncoder own(std::move(list));
  CHECK_FALSE(same_bits(own.layers[0].state(), own.layers[1].state()));
  CHECK(own.parameters().size() == 24);
}

TEST_CASE("positional encodings are those of their formulas") {
  const Tensor table = nn::sinusoidal_encoding(5, 4, float64);
  CHECK(std::abs(table.at<double>({3, 0}) - std::sin(3.0)) < 1e-15);
  CHECK(std::abs(table.at<double>({3, 3}) - std::cos(3.0 / 100)) < 1e-15);
  nn::SinusoidalPositionalEncoding sine(4, {.batch_first = true});
  CHECK(allclose(sine(zeros({2, 5, 4}))[{1}], astype(table, float32)));
  nn::LearnedPositionalEncoding learned(6, 4);
  CHECK(identical(learned(zeros({5, 2, 4}))[{{}, 1}].value(), learned.weight.tensor()[{{0, 5}}].value()));
}

TEST_CASE("rotary embedding keeps lengths, and makes products depend on distances alone") {
  manual_seed(10);
  nn::RotaryEmbedding rotary(4);
  const Tensor q = draw({1, 4}), k = draw({1, 4});
  const auto product = [&](int i, int j) { return sum(rotary(q, i) * rotary(k, j)).item<double>(); };
  CHECK(std::abs(product(7, 3) - product(9, 5)) < 1e-12);
  CHECK(std::abs(product(0, 0) - sum(q * k).item<double>()) < 1e-12);
  CHECK(std::abs(product(7, 3) - product(7, 4)) > 1e-6);
  const Tensor x = draw({2, 5, 4});
  CHECK(allclose(rotary(x)[{{}, {2, 5}}], rotary(x[{{}, {2, 5}}], 2)));
  CHECK_THAT(error_text<ShapeError>([] { nn::RotaryEmbedding(3); }), Contains("features is 3; it has to be even"));
}
