#pragma once
#include <vector>

#include <reel/autograd/record.hpp>
#include <reel/core/mistake.hpp>

/// Recurrent layers over sequences, in PyTorch's layouts. x is (T, N, I): T steps of N sequences with I features. H is the size of the
/// hidden state. All tensors must have one floating dtype.
namespace reel {

/// The weights of one direction of one layer with G gates: w_ih (G·H, I), w_hh (G·H, H), b_ih and b_hh (G·H,). An undefined bias,
/// `Tensor()`, counts as 0.
struct RnnWeights {
  Tensor w_ih, w_hh, b_ih = {}, b_hh = {};
};

struct RnnOptions {
  /// Adds a second direction to each layer, from the last step to the first; its output is concatenated behind the first direction's on the
  /// last axis. Default false.
  bool bidirectional = false;
  /// x and the output are (N, T, ...); the shapes of states do not change. Default false.
  bool batch_first = false;
  /// Dropout probability of the output of each layer except the last, applied in every call. Default 0.
  double dropout = 0;
  /// Length of each sequence, int64 (N,), from 0 to T; default T. Steps after a sequence's end do not change the states, and their output
  /// is 0, as in PyTorch's packed sequences.
  Tensor lengths = {};
};

struct LstmState {
  Tensor h = {}, c = {};
};
struct LstmResult {
  /// (T, N, H), or 2·H for two directions.
  Tensor output;
  /// States after the last step: (layers, N, H), or (2·layers, N, H) for two directions, each layer's directions next to each other.
  Tensor h, c;
};
struct RnnResult {
  Tensor output, h;
};

/// LSTM. Gates i f g o: c' = σ(f)·c + σ(i)·tanh(g), h' = σ(o)·tanh(c'), each gate being w_ih·x + b_ih + w_hh·h + b_hh (Hochreiter and
/// Schmidhuber, Neural Computation 9, 1997). `weights` holds those of layer 0, followed by its second direction if there is one, then those
/// of layer 1, ... Initial states are (layers, N, H), or (2·layers, N, H) for two directions; undefined ones count as 0. Throws ShapeError
/// and DtypeError naming the layer and what does not fit.
LstmResult lstm(Operand x, const LstmState& initial, const std::vector<RnnWeights>& weights, const RnnOptions& options = {});
REEL_NO_SUCH_OPTION(RnnOptions, LstmResult lstm(Operand, const LstmState&, const std::vector<RnnWeights>&, ...));

/// GRU. Gates r z n: h' = (1 - σ(z))·tanh(w_in·x + b_in + σ(r)·(w_hn·h + b_hn)) + σ(z)·h (Cho et al., EMNLP 2014, with the reset gate
/// applied after the matrix product, as in cuDNN and PyTorch). Otherwise as lstm().
RnnResult gru(Operand x, const Tensor& initial, const std::vector<RnnWeights>& weights, const RnnOptions& options = {});
REEL_NO_SUCH_OPTION(RnnOptions, RnnResult gru(Operand, const Tensor&, const std::vector<RnnWeights>&, ...));

/// Elman network: h' = tanh(w_ih·x + b_ih + w_hh·h + b_hh). Otherwise as lstm().
RnnResult rnn_tanh(Operand x, const Tensor& initial, const std::vector<RnnWeights>& weights, const RnnOptions& options = {});
REEL_NO_SUCH_OPTION(RnnOptions, RnnResult rnn_tanh(Operand, const Tensor&, const std::vector<RnnWeights>&, ...));
/// The same with relu instead of tanh; its derivative at 0 is taken as 0.
RnnResult rnn_relu(Operand x, const Tensor& initial, const std::vector<RnnWeights>& weights, const RnnOptions& options = {});
REEL_NO_SUCH_OPTION(RnnOptions, RnnResult rnn_relu(Operand, const Tensor&, const std::vector<RnnWeights>&, ...));

/// One step of one layer: x is (N, I), states are (N, H); undefined states count as 0. Returns the new state.
LstmState lstm_cell(Operand x, const LstmState& state, const RnnWeights& weights);
Tensor gru_cell(Operand x, const Tensor& h, const RnnWeights& weights);
Tensor rnn_tanh_cell(Operand x, const Tensor& h, const RnnWeights& weights);
Tensor rnn_relu_cell(Operand x, const Tensor& h, const RnnWeights& weights);

}  // namespace reel
