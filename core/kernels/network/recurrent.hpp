#pragma once
#include <reel/core/array.hpp>

namespace reel::kernels {

/// The step of a recurrent layer: its gates, and the arrays that are kept for the gradient.
enum class RecurrentCell {
  lstm,      ///< gates i f g o; kept: h, c, i, f, g, o
  gru,       ///< gates r z n; kept: h, r, z, n, and m = h·W_hnᵀ + b_hn
  rnn_tanh,  ///< one gate; kept: h
  rnn_relu,
};

/// The number of gates.
std::size_t gates_of(RecurrentCell cell);
/// The number of arrays of shape (steps, batch, hidden) that are kept.
std::size_t kept_by(RecurrentCell cell);

/// One direction of one recurrent layer. All arrays but `lengths` have the same floating dtype.
struct Recurrence {
  RecurrentCell cell;
  bool reverse;          // from the last step to the first
  const Array& x;        // (steps, batch, gates·hidden): the inputs' part of the gates, x·W_ihᵀ + biases
  const Array& w;        // (gates·hidden, hidden): W_hh
  const Array& h;        // (batch, hidden): before the first step
  const Array* c;        // lstm only: (batch, hidden)
  const Array* b;        // gru only: (gates·hidden,), b_hh
  const Array* lengths;  // (batch,), int64, or null: steps from lengths[n] on leave the state of n as it is, and keep gates of 0
};

/// Returns the states after each step and the gates after their activation functions, shape (kept, steps, batch, hidden).
Array recurrent(const Recurrence& r);

struct RecurrentGradients {
  Array x, w, h, c, b;
};
/// Backpropagation through time: the gradients of recurrent(), from its result `kept` and the gradient `dkept` with respect to all of it.
RecurrentGradients recurrent_backward(const Recurrence& r, const Array& kept, const Array& dkept);

}  // namespace reel::kernels
