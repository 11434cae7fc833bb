#pragma once
// The op behind recurrent layers.
#include <reel/autograd/record.hpp>
#include <reel/core/kernels/network/recurrent.hpp>

namespace reel::detail {

/// One direction of one layer, all steps: see kernels::Recurrence for the shapes. c is for lstm, b (of any value) for gru, and lengths may
/// be undefined. The result holds the states and the gates, (kept, steps, batch, hidden); kept[0] is h, and of lstm kept[1] is c.
struct RecurrentInputs {
  Tensor x, w, h, c = {}, b = {}, lengths = {};
};
Tensor recurrent_layer(kernels::RecurrentCell cell, bool reverse, const RecurrentInputs& in);

}  // namespace reel::detail
