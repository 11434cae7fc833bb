#pragma once
#include <optional>
#include <vector>

#include <reel/autograd/ops/recurrent.hpp>
#include <reel/core/mistake.hpp>
#include <reel/nn/module.hpp>

/// Recurrent layers; their formulas are those of the ops lstm(), gru(), rnn_tanh() and rnn_relu(), which they call. Parameters are named
/// and laid out as in PyTorch: weight_ih_l0 (gates·hidden, input), weight_hh_l0 (gates·hidden, hidden), bias_ih_l0 and bias_hh_l0
/// (gates·hidden,), then those of the second direction, weight_ih_l0_reverse and so on, then those of layer 1. They are initialized uniform
/// in ±1/√hidden.
///
///     auto [y, h, c] = lstm(x);
///     auto [y2, h2, c2] = lstm(x2, {.h = h, .c = c, .lengths = lengths});
///
/// Called as a Module, such as in a Sequential, a layer returns the output alone.
namespace reel::nn {

struct RecurrentOptions {
  /// Number of stacked layers, 1 or more.
  std::size_t num_layers = 1;
  /// Whether there are bias_ih and bias_hh.
  bool bias = true;
  /// Whether x and the output are (N, T, ...) instead of (T, N, ...); states are (layers, N, hidden) in both cases.
  bool batch_first = false;
  /// Probability, at least 0 and below 1, with which elements of each layer's output but the last layer's are dropped in training.
  double dropout = 0;
  /// Whether each layer has a second direction, from the last step to the first; its output is concatenated to that of the first.
  bool bidirectional = false;
  Dtype dtype = float32;
};

/// Further arguments of an LSTM.
struct LstmInput {
  /// States before the first step, (layers, N, hidden), or (2·layers, N, hidden) for two directions; by default 0.
  Tensor h = {}, c = {};
  /// Length of each sequence, int64 (N,), as in PyTorch's packed sequences: later steps are not read, their output is 0, h and c are the
  /// states after a sequence's own last step, and the second direction begins there. By default all steps count.
  Tensor lengths = {};
};
/// Further arguments of a GRU or an RNN; see LstmInput.
struct RnnInput {
  Tensor h = {};
  Tensor lengths = {};
};

namespace detail {

/// The parameters of one direction of one layer, or of a cell.
struct RecurrentWeights {
  Parameter weight_ih, weight_hh;
  std::optional<Parameter> bias_ih, bias_hh;

  RecurrentWeights(std::size_t gates, std::size_t input, std::size_t hidden, bool bias, Dtype dtype);
  RnnWeights tensors() const;
  void visit(MemberVisitor& visitor, const std::string& suffix);
};

/// Base of RNN, LSTM and GRU.
class Recurrent : public Module {
 public:
  std::vector<RecurrentWeights> weights;  ///< layer 0, then its second direction, then layer 1, ...

  void visit_members(MemberVisitor& visitor) override;
  std::string description() const override;
  std::size_t input_size() const { return weights[0].weight_ih.shape()[1]; }
  std::size_t hidden_size() const { return weights[0].weight_hh.shape()[1]; }

 protected:
  Recurrent(const char* name, std::size_t gates, Integer input, Integer hidden, const RecurrentOptions& options, SourceLocation at);
  /// The weights that the op is called with.
  std::vector<RnnWeights> tensors() const;
  RnnOptions options(const Tensor& lengths) const;

 private:
  RecurrentOptions options_;
};

/// Base of the cells.
class RecurrentCell : public Module {
 public:
  Parameter weight_ih, weight_hh;             ///< (gates·hidden, input), (gates·hidden, hidden)
  std::optional<Parameter> bias_ih, bias_hh;  ///< (gates·hidden,)
  REEL_MEMBERS(weight_ih, weight_hh, bias_ih, bias_hh)
  std::string description() const override;

 protected:
  explicit RecurrentCell(RecurrentWeights weights);
  RnnWeights tensors() const;
};

}  // namespace detail

/// Long short-term memory (Hochreiter and Schmidhuber 1997): x (T, N, input) to an output (T, N, hidden), or (T, N, 2·hidden) for two
/// directions, and the states h and c after the last step.
class LSTM : public detail::Recurrent {
 public:
  /// Constructors here and below throw ShapeError for sizes below 1, and Error for a dropout outside [0, 1).
  LSTM(Integer input, Integer hidden, RecurrentOptions options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(RecurrentOptions, LSTM(Integer, Integer, ...));
  LstmResult operator()(const Tensor& x, const LstmInput& input = {}, SourceLocation at = SourceLocation::here());
  Tensor forward(const Tensor& x) override;
  UniquePtr<Module> clone() const override { return detail::clone_of(*this); }
};

/// Gated recurrent unit (Cho et al. 2014): shapes as for LSTM, with one state h.
class GRU : public detail::Recurrent {
 public:
  GRU(Integer input, Integer hidden, RecurrentOptions options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(RecurrentOptions, GRU(Integer, Integer, ...));
  RnnResult operator()(const Tensor& x, const RnnInput& input = {}, SourceLocation at = SourceLocation::here());
  Tensor forward(const Tensor& x) override;
  UniquePtr<Module> clone() const override { return detail::clone_of(*this); }
};

enum class Nonlinearity { tanh, relu };

/// Simple recurrent network (Elman 1990), without gates: shapes as for GRU.
class RNN : public detail::Recurrent {
 public:
  RNN(Integer input, Integer hidden, RecurrentOptions options = {}, Nonlinearity nonlinearity = Nonlinearity::tanh,
      SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(RecurrentOptions, RNN(Integer, Integer, ...));
  RnnResult operator()(const Tensor& x, const RnnInput& input = {}, SourceLocation at = SourceLocation::here());
  Tensor forward(const Tensor& x) override;
  std::string description() const override;
  UniquePtr<Module> clone() const override { return detail::clone_of(*this); }

 private:
  Nonlinearity nonlinearity_;
};

struct CellOptions {
  bool bias = true;
  Dtype dtype = float32;
};

/// One step of an LSTM: x (N, input), states h and c (N, hidden), by default 0. Called as a Module it returns h.
class LSTMCell : public detail::RecurrentCell {
 public:
  LSTMCell(Integer input, Integer hidden, CellOptions options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(CellOptions, LSTMCell(Integer, Integer, ...));
  LstmState operator()(const Tensor& x, const LstmState& state = {}, SourceLocation at = SourceLocation::here());
  Tensor forward(const Tensor& x) override;
  UniquePtr<Module> clone() const override { return detail::clone_of(*this); }
};

/// One step of a GRU: x (N, input) and h (N, hidden), by default 0, to the next h.
class GRUCell : public detail::RecurrentCell {
 public:
  GRUCell(Integer input, Integer hidden, CellOptions options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(CellOptions, GRUCell(Integer, Integer, ...));
  Tensor operator()(const Tensor& x, const Tensor& h = {}, SourceLocation at = SourceLocation::here());
  Tensor forward(const Tensor& x) override;
  UniquePtr<Module> clone() const override { return detail::clone_of(*this); }
};

/// One step of an RNN: x (N, input) and h (N, hidden), by default 0, to the next h.
class RNNCell : public detail::RecurrentCell {
 public:
  RNNCell(Integer input, Integer hidden, CellOptions options = {}, Nonlinearity nonlinearity = Nonlinearity::tanh,
          SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(CellOptions, RNNCell(Integer, Integer, ...));
  Tensor operator()(const Tensor& x, const Tensor& h = {}, SourceLocation at = SourceLocation::here());
  Tensor forward(const Tensor& x) override;
  UniquePtr<Module> clone() const override { return detail::clone_of(*this); }

 private:
  Nonlinearity nonlinearity_;
};

}  // namespace reel::nn
