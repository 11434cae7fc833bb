#include <fmt/format.h>

#include "message.hpp"

using namespace reel;
using namespace reel::test;

namespace {

Tensor floats(const Shape& shape) { return zeros(shape); }
Tensor float64s(const Shape& shape) { return zeros(shape, {.dtype = float64}); }
Tensor integers(const Shape& shape) { return zeros(shape, {.dtype = int64}); }

RnnWeights lstm_weights() { return {floats({8, 3}), floats({8, 2}), floats({8}), floats({8})}; }

}  // namespace

// A place is that of the operand, so each case has its call and its __LINE__ on one line; the text follows below.
// clang-format off

TEST_CASE("layer_norm and rms_norm name the shape that does not fit") {
  const Tensor x = floats({2, 3});
  expect<ShapeError>(__LINE__, [&] { layer_norm(x, {.shape = {2}}); }, "layer_norm: x is (2, 3) and the normalized shape is (2,); x has to end in it");
  expect<ShapeError>(__LINE__, [&] { layer_norm(x, floats({4, 2, 3})); }, "layer_norm: x is (2, 3) and the normalized shape is (4, 2, 3); x has to end in it");
  expect<ShapeError>(__LINE__, [&] { layer_norm(floats({})); }, "layer_norm: x is () and the normalized shape is (); x has to end in it");
  expect<ShapeError>(__LINE__, [&] { layer_norm(x, floats({3}), floats({2})); }, "layer_norm: x is (2, 3) and bias is (2,); bias needs the normalized shape, shape (3,)");
  expect<ShapeError>(__LINE__, [&] { rms_norm(x, floats({3}), {.shape = {2, 3}}); }, "rms_norm: x is (2, 3) and weight is (3,); weight needs the normalized shape, shape (2, 3)");
  expect<DtypeError>(__LINE__, [&] { layer_norm(x, float64s({3})); }, "layer_norm: x is float32 and weight is float64; both need one dtype (astype converts)");
  expect<DtypeError>(__LINE__, [&] { rms_norm(integers({3})); }, "rms_norm: x is int64; it needs float32 or float64 (astype converts)");
}

TEST_CASE("norms over channels name what does not fit") {
  const Tensor x = floats({2, 6, 4});
  expect<ShapeError>(__LINE__, [&] { batch_norm(floats({3})); }, "batch_norm: x is (3,); it needs at least two axes (N, C, ...)");
  expect<ShapeError>(__LINE__, [&] { batch_norm(x, floats({4}), floats({6})); }, "batch_norm: x is (2, 6, 4) and weight is (4,); weight needs one number a channel (axis 1), shape (6,)");
  expect<ShapeError>(__LINE__, [&] { batch_norm(floats({1, 3})); }, "batch_norm: x is (1, 3); the statistics of a batch need more than one value a channel (axis 1)");
  expect<ShapeError>(__LINE__, [&] { batch_norm(floats({0, 3})); }, "batch_norm: x is (0, 3); the statistics of a batch need more than one value a channel (axis 1)");
  expect<ShapeError>(__LINE__, [&] { batch_norm(floats({4, 3, 0})); }, "batch_norm: x is (4, 3, 0); the statistics of a batch need more than one value a channel (axis 1)");
  expect<ShapeError>(__LINE__, [&] { batch_norm_eval(x, floats({6}), floats({5})); }, "batch_norm_eval: x is (2, 6, 4) and variance is (5,); variance needs one number a channel (axis 1), shape (6,)");
  expect<DtypeError>(__LINE__, [&] { batch_norm_eval(x, float64s({6}), floats({6})); }, "batch_norm_eval: x is float32 and mean is float64; both need one dtype (astype converts)");
  expect<ShapeError>(__LINE__, [&] { group_norm(x, 4); }, "group_norm: x is (2, 6, 4) and groups is 4; groups has to divide the 6 channels (axis 1)");
  expect<ShapeError>(__LINE__, [&] { group_norm(x, 0); }, "group_norm: x is (2, 6, 4) and groups is 0; groups has to divide the 6 channels (axis 1)");
  expect<ShapeError>(__LINE__, [&] { instance_norm(x, floats({6}), floats({1})); }, "instance_norm: x is (2, 6, 4) and bias is (1,); bias needs one number a channel (axis 1), shape (6,)");
  expect<DtypeError>(__LINE__, [&] { group_norm(integers({2, 2}), 1); }, "group_norm: x is int64; it needs float32 or float64 (astype converts)");
}

TEST_CASE("embedding names the place and the value of an index out of range") {
  const Tensor weight = floats({5, 3});
  expect<ShapeError>(__LINE__, [&] { embedding(tensor({{0, 4}, {5, 1}}), weight); }, "embedding: the index at (1, 0) is 5 and weight is (5, 3); indices are 0 or more and below 5");
  expect<ShapeError>(__LINE__, [&] { embedding(tensor({-1}), weight); }, "embedding: the index at (0,) is -1 and weight is (5, 3); indices are 0 or more and below 5");
  expect<ShapeError>(__LINE__, [&] { embedding(tensor({0}), floats({})); }, "embedding: weight is (); it needs at least one axis (rows, ...)");
  expect<ShapeError>(__LINE__, [&] { embedding(tensor({0}), weight, {.padding_idx = 5}); }, "embedding: padding_idx is 5 and weight is (5, 3); it has to be one of the 5 rows");
  expect<DtypeError>(__LINE__, [&] { embedding(floats({2}), weight); }, "embedding: the indices are float32; they need int64 (astype converts)");
  expect<DtypeError>(__LINE__, [&] { embedding(tensor({0}), integers({5, 3})); }, "embedding: weight is int64; it needs float32 or float64 (astype converts)");
}

TEST_CASE("self_attention names the shapes and dtypes") {
  const std::string rule = "it needs axes (..., T, 3·D), D being a multiple of the heads";
  expect<ShapeError>(__LINE__, [&] { self_attention(floats({2, 5, 8})); }, "self_attention: qkv is (2, 5, 8) and there are 1 heads; " + rule);
  expect<ShapeError>(__LINE__, [&] { self_attention(floats({5, 9}), {.heads = 2}); }, "self_attention: qkv is (5, 9) and there are 2 heads; " + rule);
  expect<ShapeError>(__LINE__, [&] { self_attention(floats({5, 9}), {.heads = 0}); }, "self_attention: qkv is (5, 9) and there are 0 heads; " + rule);
  expect<ShapeError>(__LINE__, [&] { self_attention(floats({9})); }, "self_attention: qkv is (9,) and there are 1 heads; " + rule);
  expect<DtypeError>(__LINE__, [&] { self_attention(zeros({5, 9}, {.dtype = int64})); }, "self_attention: qkv is int64; it needs float32 or float64 (astype converts)");
}

TEST_CASE("scaled_dot_product_attention names the shapes and dtypes") {
  const Tensor q = floats({2, 3, 4}), k = floats({2, 5, 4}), v = floats({2, 5, 1});
  const std::string shapes = "scaled_dot_product_attention: q is (2, 3, 4), k is (2, 5, 4) and v is ";
  expect<ShapeError>(__LINE__, [&] { scaled_dot_product_attention(q, k, floats({2, 4, 1})); }, shapes + "(2, 4, 1); k and v need the same number of keys (last axis but one)");
  expect<ShapeError>(__LINE__, [&] { scaled_dot_product_attention(q, k, floats({5})); }, shapes + "(5,); each needs at least two axes");
  expect<ShapeError>(__LINE__, [&] { scaled_dot_product_attention(q, floats({5, 3}), v); }, "scaled_dot_product_attention: q is (2, 3, 4), k is (5, 3) and v is (2, 5, 1); q and k need the same last axis");
  expect<ShapeError>(__LINE__, [&] { scaled_dot_product_attention(q, floats({3, 5, 4}), v); }, "scaled_dot_product_attention: shapes (2,) and (3,) do not broadcast; axis 1 from the back has length 2 and 3, and neither is 1");
  expect<ShapeError>(__LINE__, [&] { scaled_dot_product_attention(q, k, v, floats({3, 4})); }, "scaled_dot_product_attention: the scores are (2, 3, 5) and mask is (3, 4); the mask has to broadcast to them");
  expect<DtypeError>(__LINE__, [&] { scaled_dot_product_attention(q, k, v, float64s({3, 5})); }, "scaled_dot_product_attention: q is float32 and mask is float64; a mask needs q's dtype, or bool");
  expect<DtypeError>(__LINE__, [&] { scaled_dot_product_attention(q, float64s({2, 5, 4}), v); }, "scaled_dot_product_attention: q is float32, k is float64 and v is float32; all need float32, or all float64 (astype converts)");
  expect<Error>(__LINE__, [&] { scaled_dot_product_attention(q, k, v, {.dropout_p = 1}); }, "dropout: p is 1; it has to be at least 0 and below 1");
}

TEST_CASE("recurrent layers name the layer and the weight") {
  const Tensor x = floats({4, 5, 3});
  const RnnWeights w = lstm_weights();
  expect<ShapeError>(__LINE__, [&] { lstm(floats({4, 3}), {}, {w}); }, "lstm: x is (4, 3); it needs three axes (T, N, I)");
  expect<ShapeError>(__LINE__, [&] { lstm(floats({4, 3}), {}, {w}, {.batch_first = true}); }, "lstm: x is (4, 3); it needs three axes (N, T, I)");
  expect<Error>(__LINE__, [&] { lstm(x, {}, {}); }, "lstm: 0 sets of weights; it needs one a layer");
  expect<Error>(__LINE__, [&] { lstm(x, {}, {w}, {.bidirectional = true}); }, "lstm: 1 sets of weights; it needs two a layer");
  expect<Error>(__LINE__, [&] { lstm(x, {}, {w}, {.dropout = 1}); }, "lstm: dropout is 1; it has to be at least 0 and below 1");
  expect<Error>(__LINE__, [&] { lstm(x, {}, {{w.w_ih, Tensor()}}); }, "lstm: w_ih and w_hh of layer 0 need a value");
  expect<ShapeError>(__LINE__, [&] { lstm(x, {}, {{w.w_ih, floats({8})}}); }, "lstm: w_hh of layer 0 is (8,); it needs two axes (gates·H, H)");
  expect<ShapeError>(__LINE__, [&] { lstm(floats({4, 5, 2}), {}, {w}); }, "lstm: x is (4, 5, 2) and w_ih of layer 0 is (8, 3); it needs (gates·H, features) (8, 2)");
  expect<ShapeError>(__LINE__, [&] { lstm(x, {}, {w, w}); }, "lstm: x is (4, 5, 3) and w_ih of layer 1 is (8, 3); it needs (gates·H, features) (8, 2)");
  expect<ShapeError>(__LINE__, [&] { gru(x, {}, {{floats({6, 3}), floats({6, 2})}, {floats({6, 3}), floats({6, 2}), floats({8})}}, {.bidirectional = true}); }, "gru: x is (4, 5, 3) and b_ih of layer 0, backwards, is (8,); it needs (gates·H,) (6,)");
  expect<ShapeError>(__LINE__, [&] { rnn_tanh(x, floats({1, 4, 2}), {{floats({2, 3}), floats({2, 2})}}); }, "rnn_tanh: x is (4, 5, 3) and h is (1, 4, 2); it needs (layers·directions, N, H) (1, 5, 2)");
  expect<ShapeError>(__LINE__, [&] { lstm(x, {{}, floats({5, 2})}, {w}); }, "lstm: x is (4, 5, 3) and c is (5, 2); it needs (layers·directions, N, H) (1, 5, 2)");
  expect<DtypeError>(__LINE__, [&] { lstm(x, {}, {{w.w_ih, float64s({8, 2})}}); }, "lstm: x is float32 and w_hh of layer 0 is float64; it needs float32 (astype converts)");
  expect<DtypeError>(__LINE__, [&] { rnn_relu(integers({4, 5, 3}), {}, {w}); }, "rnn_relu: x is int64; it needs float32 or float64 (astype converts)");
}

TEST_CASE("lengths out of range are named with their sequence") {
  const Tensor x = floats({4, 2, 3});
  const RnnWeights w = lstm_weights();
  expect<Error>(__LINE__, [&] { lstm(x, {}, {w}, {.lengths = tensor({4, 5})}); }, "lstm: length 5 of sequence 1 is out of range; there are 4 steps");
  expect<Error>(__LINE__, [&] { lstm(x, {}, {w}, {.lengths = tensor({-1, 4})}); }, "lstm: length -1 of sequence 0 is out of range; there are 4 steps");
  expect<ShapeError>(__LINE__, [&] { lstm(x, {}, {w}, {.lengths = tensor({4, 4, 4})}); }, "lstm: x is (4, 2, 3) and lengths is (3,); it needs (N,) (2,)");
  expect<DtypeError>(__LINE__, [&] { lstm(x, {}, {w}, {.lengths = floats({2})}); }, "lstm: x is float32 and lengths is float32; it needs int64 (astype converts)");
}

TEST_CASE("cells name what does not fit") {
  const Tensor x = floats({5, 3});
  const RnnWeights w = lstm_weights();
  expect<ShapeError>(__LINE__, [&] { lstm_cell(floats({3}), {}, w); }, "lstm_cell: x is (3,); it needs two axes (N, I)");
  expect<ShapeError>(__LINE__, [&] { lstm_cell(x, {floats({5, 3}), {}}, w); }, "lstm_cell: x is (5, 3) and h is (5, 3); it needs (N, H) (5, 2)");
  expect<ShapeError>(__LINE__, [&] { gru_cell(x, {}, w); }, "gru_cell: x is (5, 3) and w_ih is (8, 3); it needs (gates·H, features) (6, 3)");
  expect<Error>(__LINE__, [&] { rnn_tanh_cell(x, {}, {w.w_ih, Tensor()}); }, "rnn_tanh_cell: w_ih and w_hh need a value");
}

TEST_CASE("inputs without a value are named with their op") {
  const std::string rest = ": an input is not defined (a Tensor without a value)";
  expect<Error>(__LINE__, [] { layer_norm(Tensor()); }, "layer_norm" + rest);
  expect<Error>(__LINE__, [] { batch_norm(Tensor()); }, "batch_norm" + rest);
  expect<Error>(__LINE__, [] { embedding(Tensor(), floats({2, 2})); }, "embedding" + rest);
  expect<Error>(__LINE__, [] { scaled_dot_product_attention(Tensor(), floats({2, 2}), floats({2, 2})); }, "scaled_dot_product_attention" + rest);
  expect<Error>(__LINE__, [] { lstm(Tensor(), {}, {lstm_weights()}); }, "lstm" + rest);
}
