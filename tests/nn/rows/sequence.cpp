#include "../layers_table.hpp"

using namespace reel;

namespace {

using Names = std::vector<std::string>;

void append_recurrent(std::vector<LayerRow>& rows) {
  const Names one{"bias_hh_l0", "bias_ih_l0", "weight_hh_l0", "weight_ih_l0"};
  const Names cell{"bias_hh", "bias_ih", "weight_hh", "weight_ih"};
  const Names four{"bias_hh_l0",   "bias_hh_l0_reverse",   "bias_hh_l1",   "bias_hh_l1_reverse",   "bias_ih_l0",   "bias_ih_l0_reverse",
                   "bias_ih_l1",   "bias_ih_l1_reverse",   "weight_hh_l0", "weight_hh_l0_reverse", "weight_hh_l1", "weight_hh_l1_reverse",
                   "weight_ih_l0", "weight_ih_l0_reverse", "weight_ih_l1", "weight_ih_l1_reverse"};
  const auto row = [&](Maker make, std::string description, Shape input, Shape output, Names state, std::vector<Refused> refuses = {},
                       Mode mode = Mode::same) {
    rows.push_back({.make = std::move(make),
                    .description = std::move(description),
                    .input = input,
                    .output = output,
                    .state = std::move(state),
                    .refuses = std::move(refuses),
                    .mode = mode});
  };
  row([] { return nn::LSTM(3, 2); }, "LSTM(3, 2)", {4, 2, 3}, {4, 2, 2}, one,
      {{{4, 2, 5}, "lstm: x is (4, 2, 5) and w_ih of layer 0 is (8, 3)"}, {{4, 3}, "it needs three axes (T, N, I)"}});
  row([] { return nn::LSTM(2, 2, {.num_layers = 2, .batch_first = true, .dropout = 0.4, .bidirectional = true}); },
      "LSTM(2, 2, num_layers=2, batch_first, dropout=0.4, bidirectional)", {2, 3, 2}, {2, 3, 4}, four,
      {{{3, 2}, "it needs three axes (N, T, I)"}}, Mode::random);
  row([] { return nn::LSTM(2, 3, {.bias = false}); }, "LSTM(2, 3, no bias)", {2, 1, 2}, {2, 1, 3}, {"weight_hh_l0", "weight_ih_l0"});
  row([] { return nn::GRU(3, 2); }, "GRU(3, 2)", {4, 2, 3}, {4, 2, 2}, one, {{{4, 2, 1}, "gru: x is (4, 2, 1)"}});
  row([] { return nn::GRU(2, 1, {.num_layers = 2, .bidirectional = true}); }, "GRU(2, 1, num_layers=2, bidirectional)", {3, 2, 2},
      {3, 2, 2}, four);
  row([] { return nn::RNN(3, 2); }, "RNN(3, 2)", {4, 2, 3}, {4, 2, 2}, one, {{{4, 2, 1}, "rnn_tanh: x is (4, 2, 1)"}});
  row([] { return nn::RNN(2, 2, {.batch_first = true}, nn::Nonlinearity::relu); }, "RNN(2, 2, batch_first, relu)", {2, 3, 2}, {2, 3, 2},
      one, {{{3, 3}, "rnn_relu: x is (3, 3)"}});
  row([] { return nn::LSTMCell(3, 2); }, "LSTMCell(3, 2)", {4, 3}, {4, 2}, cell, {{{4, 2}, "lstm_cell: x is (4, 2)"}, {{3}, "two axes"}});
  row([] { return nn::GRUCell(3, 2, {.bias = false}); }, "GRUCell(3, 2, no bias)", {4, 3}, {4, 2}, {"weight_hh", "weight_ih"},
      {{{4, 2}, "gru_cell: x is (4, 2)"}});
  row([] { return nn::RNNCell(3, 2); }, "RNNCell(3, 2)", {4, 3}, {4, 2}, cell, {{{4, 2}, "rnn_tanh_cell: x is (4, 2)"}});
}

void append_attention(std::vector<LayerRow>& rows) {
  const Names attention{"in_proj_bias", "in_proj_weight", "out_proj.bias", "out_proj.weight"};
  rows.push_back({.make = [] { return nn::MultiheadAttention(4, 2); },
                  .description = "MultiheadAttention(4, 2)",
                  .input = {3, 2, 4},
                  .output = {3, 2, 4},
                  .state = attention,
                  .refuses = {{{3, 2, 5},
                               "MultiheadAttention: query is (3, 2, 5), key is (3, 2, 5) and value is (3, 2, 5); they need 4, 4 and 4 "
                               "features"},
                              {{3, 4}, "each needs three axes (length, N, features)"}}});
  rows.push_back({.make = [] { return nn::MultiheadAttention(4, 1, {.bias = false, .dropout = 0.5, .batch_first = true}); },
                  .description = "MultiheadAttention(4, 1, no bias, dropout=0.5, batch_first)",
                  .input = {2, 3, 4},
                  .output = {2, 3, 4},
                  .state = {"in_proj_weight", "out_proj.weight"},
                  .refuses = {{{3, 4}, "each needs three axes (N, length, features)"}},
                  .mode = Mode::random});
  rows.push_back({.make = [] { return nn::MultiheadAttention(4, 2, {.kdim = 3, .vdim = 5}); },
                  .description = "MultiheadAttention(4, 2, kdim=3, vdim=5)",
                  .input = {3, 2, 4},
                  .output = {3, 2, 4},
                  .state = {"in_proj_bias", "k_proj_weight", "out_proj.bias", "out_proj.weight", "q_proj_weight", "v_proj_weight"},
                  .call =
                      [](nn::Module& layer, const Tensor& x) {
                        auto& attention_layer = dynamic_cast<nn::MultiheadAttention&>(layer);
                        const Tensor key = x[{ellipsis, {0, 3}}], value = concatenate({x, x[{ellipsis, {1, 2}}]}, -1);
                        return attention_layer(x, key, value, {.causal = true}).output;
                      }});
}

void append_transformer(std::vector<LayerRow>& rows) {
  const Names layer{"linear1.bias",
                    "linear1.weight",
                    "linear2.bias",
                    "linear2.weight",
                    "norm1.bias",
                    "norm1.weight",
                    "norm2.bias",
                    "norm2.weight",
                    "self_attn.in_proj_bias",
                    "self_attn.in_proj_weight",
                    "self_attn.out_proj.bias",
                    "self_attn.out_proj.weight"};
  rows.push_back({.make = [] { return nn::TransformerEncoderLayer(4, 2, {.dim_feedforward = 3, .activation = gelu}); },
                  .description = "TransformerEncoderLayer(4, 2, dim_feedforward=3, dropout=0.1)",
                  .input = {3, 2, 4},
                  .output = {3, 2, 4},
                  .state = layer,
                  .refuses = {{{3, 2, 5}, "MultiheadAttention: query is (3, 2, 5)"}},
                  .mode = Mode::random,
                  .order = 1});
  Names encoder;
  for (const char* const prefix : {"layers.0.", "layers.1."})
    for (const std::string& name : layer) encoder.push_back(prefix + name);
  encoder.insert(encoder.end(), {"norm.bias", "norm.weight"});
  rows.push_back({.make =
                      [] {
                        const nn::TransformerOptions options{
                            .dim_feedforward = 3, .activation = gelu, .batch_first = true, .norm_first = true};
                        return nn::TransformerEncoder(nn::TransformerEncoderLayer(4, 1, options), 2, nn::LayerNorm(4));
                      },
                  .description = "TransformerEncoder(2)",
                  .input = {1, 3, 4},
                  .output = {1, 3, 4},
                  .state = encoder,
                  .refuses = {{{1, 3, 5}, "layer_norm"}},
                  .mode = Mode::random,
                  .order = 1});
}

void append_positions(std::vector<LayerRow>& rows) {
  rows.push_back(
      {.make = [] { return nn::SinusoidalPositionalEncoding(4); },
       .description = "SinusoidalPositionalEncoding(4)",
       .input = {3, 2, 4},
       .output = {3, 2, 4},
       .refuses = {{{3, 2, 5}, "SinusoidalPositionalEncoding: x is (3, 2, 5); it needs three axes (length, N, features) with 4"}}});
  rows.push_back({.make = [] { return nn::LearnedPositionalEncoding(5, 4, {.dropout = 0.5, .batch_first = true}); },
                  .description = "LearnedPositionalEncoding(5, 4)",
                  .input = {2, 3, 4},
                  .output = {2, 3, 4},
                  .state = {"weight"},
                  .refuses = {{{2, 6, 4}, "LearnedPositionalEncoding: x is (2, 6, 4); its 6 steps are more than the 5 of weight"}},
                  .mode = Mode::random});
  rows.push_back({.make = [] { return nn::RotaryEmbedding(4); },
                  .description = "RotaryEmbedding(4)",
                  .input = {2, 3, 4},
                  .output = {2, 3, 4},
                  .refuses = {{{2, 3, 5}, "RotaryEmbedding: x is (2, 3, 5)"}}});
}

}  // namespace

void append_sequence(std::vector<LayerRow>& rows) {
  rows.push_back({.make = [] { return nn::Embedding(5, 3); },
                  .description = "Embedding(5, 3)",
                  .input = {2, 4},
                  .output = {2, 4, 3},
                  .state = {"weight"},
                  .integers = 5});
  append_recurrent(rows);
  append_attention(rows);
  append_transformer(rows);
  append_positions(rows);
}
