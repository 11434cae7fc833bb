#pragma once
#include <vector>

#include <reel/autograd/record.hpp>
#include <reel/core/mistake.hpp>

/// Recurrent layers over sequences, in PyTorch's layouts. x is (T, N, I): T steps of N sequences. H is the length of a state. All tensors
/// of one floating dtype.
namespace reel {

/// One direction of one layer, for G gates: w_ih (G·H, I), w_hh (G·H, H), b_ih and b_hh (G·H,). A bias without a value, `Tensor()`, is 0.
struct RnnWeights {
  Tensor w_ih, w_hh, b_ih = {}, b_hh = {};
};

struct RnnOptions {
  /// Each layer has a second direction, from the last step to the first; its output stands behind the first one's on the last axis.
  bool bidirectional = false;
  /// x and the output are (N, T, ...); states stay as they are.
  bool batch_first = false;
  /// The probability with which an element of a layer's output, but for the last one's, is dropped, each time this is called.
  double dropout = 0;
  /// How long each sequence is, int64 (N,), from 0 to T; by default T. What follows does not touch the states, and the output there is
  /// 0, as in PyTorch's packed sequences.
  Tensor lengths = {};
};

struct LstmState {
  Tensor h = {}, c = {};
};
struct LstmResult {
  /// (T, N, H), or 2·H for two directions.
  Tensor output;
  /// After the last step: (layers, N, H), or 2·layers, each layer's directions side by side.
  Tensor h, c;
};
struct RnnResult {
  Tensor output, h;
};

/// Gates i f g o: c' = σ(f)·c + σ(i)·tanh(g), h' = σ(o)·tanh(c'), each gate being w_ih·x + b_ih + w_hh·h + b_hh (Hochreiter,
/// Schmidhuber, Neural Computation 9, 1997). `weights` are those of layer 0, with its second direction behind it, then of layer 1, ...
/// States of (layers, N, H), twice as many for two directions; those without a value are 0. Throws ShapeError and DtypeError naming the
/// layer and what does not fit.
LstmResult lstm(Operand x, const LstmState& initial, const std::vector<RnnWeights>& weights, const RnnOptions& options = {});
REEL_NO_SUCH_OPTION(RnnOptions, LstmResult lstm(Operand, const LstmState&, const std::vector<RnnWeights>&, ...));

/// Gates r z n: h' = (1 - σ(z))·tanh(w_in·x + b_in + σ(r)·(w_hn·h + b_hn)) + σ(z)·h (Cho et al., EMNLP 2014, with the reset gate behind the
/// product, as cuDNN and PyTorch have it). Otherwise as lstm().
RnnResult gru(Operand x, const Tensor& initial, const std::vector<RnnWeights>& weights, const RnnOptions& options = {});
REEL_NO_SUCH_OPTION(RnnOptions, RnnResult gru(Operand, const Tensor&, const std::vector<RnnWeights>&, ...));

/// h' = tanh(w_ih·x + b_ih + w_hh·h + b_hh). Otherwise as lstm().
RnnResult rnn_tanh(Operand x, const Tensor& initial, const std::vector<RnnWeights>& weights, const RnnOptions& options = {});
REEL_NO_SUCH_OPTION(RnnOptions, RnnResult rnn_tanh(Operand, const Tensor&, const std::vector<RnnWeights>&, ...));
/// The same with max(·, 0); at 0 its derivative is taken as 0.
RnnResult rnn_relu(Operand x, const Tensor& initial, const std::vector<RnnWeights>& weights, const RnnOptions& options = {});
REEL_NO_SUCH_OPTION(RnnOptions, RnnResult rnn_relu(Operand, const Tensor&, const std::vector<RnnWeights>&, ...));

/// One step: x (N, I), states (N, H), those without a value being 0.
LstmState lstm_cell(Operand x, const LstmState& state, const RnnWeights& weights);
Tensor gru_cell(Operand x, const Tensor& h, const RnnWeights& weights);
Tensor rnn_tanh_cell(Operand x, const Tensor& h, const RnnWeights& weights);
Tensor rnn_relu_cell(Operand x, const Tensor& h, const RnnWeights& weights);

}  // namespace reel
