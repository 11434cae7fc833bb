#include <catch2/catch.hpp>

#include "models.hpp"

using namespace reel;

// What PyTorch computed with its own layers, see tests/data/torch/sequence_layers.py.

namespace {

State read(const std::string& name) { return load_safetensors(REEL_TEST_DATA "/torch/" + name + ".safetensors"); }

/// A layer with the weights of a file, in evaluation mode, and what the file beside it says of calls.
template <class Layer>
State load(Layer& layer, const std::string& name) {
  CHECK(layer.load_state(read(name)).ok());
  layer.eval();
  return read(name + "_calls");
}

void check_same(const Tensor& here, const Tensor& there) {
  CHECK(here.shape() == there.shape());
  CHECK(max(abs(here - there)).item<double>() <= 1e-6);
}

template <class Layer>
void check_one_state(Layer layer, const std::string& name) {
  const State calls = load(layer, name);
  const auto [y, h] = layer(calls.at("x"));
  check_same(y, calls.at("output"));
  check_same(h, calls.at("h"));
  const auto packed = layer(calls.at("x"), {.lengths = calls.at("lengths")});
  check_same(packed.output, calls.at("packed_output"));
  check_same(packed.h, calls.at("packed_h"));
  const auto continued = layer(calls.at("x"), {.h = calls.at("h0")});
  check_same(continued.output, calls.at("continued"));
  check_same(continued.h, calls.at("continued_h"));
}

}  // namespace

TEST_CASE("PyTorch's LSTM of two layers and directions: loaded by name, the same results, with packed sequences too") {
  nn::LSTM lstm(4, 3, {.num_layers = 2, .bidirectional = true});
  const State calls = load(lstm, "lstm");
  const auto [y, h, c] = lstm(calls.at("x"));
  check_same(y, calls.at("output"));
  check_same(h, calls.at("h"));
  check_same(c, calls.at("c"));
  const LstmResult packed = lstm(calls.at("x"), {.lengths = calls.at("lengths")});
  check_same(packed.output, calls.at("packed_output"));
  check_same(packed.h, calls.at("packed_h"));
  check_same(packed.c, calls.at("packed_c"));
  const LstmResult continued = lstm(calls.at("x"), {.h = calls.at("h0"), .c = calls.at("c0")});
  check_same(continued.output, calls.at("continued"));
  check_same(continued.h, calls.at("continued_h"));
  check_same(continued.c, calls.at("continued_c"));
}

TEST_CASE("PyTorch's GRU of two layers and directions, and its RNN: loaded by name, the same results, with packed sequences too") {
  check_one_state(nn::GRU(4, 3, {.num_layers = 2, .bidirectional = true}), "gru");
  check_one_state(nn::RNN(4, 3, {}, nn::Nonlinearity::relu), "rnn");
}

TEST_CASE("PyTorch's MultiheadAttention: loaded by name, the same outputs and weights for every kind of mask") {
  nn::MultiheadAttention attention(8, 2);
  const State calls = load(attention, "attention");
  const Tensor q = calls.at("q"), k = calls.at("k"), v = calls.at("v");
  const auto check = [&](nn::AttentionInput input, const std::string& name, bool self = false) {
    INFO(name);
    const auto run = [&] { return self ? attention(k, input) : attention(q, k, v, input); };
    check_same(run().output, calls.at(name));
    CHECK_FALSE(run().weights.defined());
    input.need_weights = true;
    check_same(run().output, calls.at(name));
    check_same(run().weights, calls.at(name + "_weights"));
  };
  check({}, "plain");
  check({.key_padding_mask = calls.at("padding"), .attn_mask = calls.at("hidden"), .average_attn_weights = false}, "masked");
  check({.key_padding_mask = calls.at("padding"), .attn_mask = calls.at("added")}, "biased");
  check({.causal = true}, "causal", true);

  nn::MultiheadAttention other(8, 4, {.kdim = 3, .vdim = 5, .batch_first = true});
  const State other_calls = load(other, "attention_kdim");
  const auto result = other(other_calls.at("q"), other_calls.at("k"), other_calls.at("v"), {.need_weights = true});
  check_same(result.output, other_calls.at("plain"));
  check_same(result.weights, other_calls.at("plain_weights"));
}

TEST_CASE("PyTorch's TransformerEncoder of two layers: loaded by name, the same outputs, normalized before and after") {
  for (const bool norm_first : {false, true}) {
    CAPTURE(norm_first);
    const nn::TransformerOptions options{.dim_feedforward = 12,
                                         .activation = norm_first ? static_cast<Tensor (*)(Operand)>(gelu) : relu,
                                         .batch_first = norm_first,
                                         .norm_first = norm_first};
    std::optional<nn::LayerNorm> norm;
    if (norm_first) norm.emplace(8);
    nn::TransformerEncoder encoder(nn::TransformerEncoderLayer(8, 2, options), 2, norm);
    const State calls = load(encoder, norm_first ? "encoder_norm_first" : "encoder");
    check_same(encoder(calls.at("x")), calls.at("plain"));
    check_same(encoder(calls.at("x"), {.src_key_padding_mask = calls.at("padding")}), calls.at("padded"));
    check_same(encoder(calls.at("x"), {.mask = calls.at("causal")}), calls.at("masked"));
    check_same(encoder(calls.at("x"), {.causal = true}), calls.at("masked"));
  }
}
