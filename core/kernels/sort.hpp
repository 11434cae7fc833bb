#pragma once
#include <reel/core/array.hpp>

/// Along one (normalized) axis. Equal elements keep their order; NaN counts as larger than all numbers, so it comes last, and
/// first when descending.
namespace reel::kernels {

Array sort(const Array& x, std::size_t axis, bool descending);
/// The positions that sort() takes its elements from, int64.
Array argsort(const Array& x, std::size_t axis, bool descending);
/// The first k of argsort(): the k largest (descending) or smallest. k is at most the axis's length.
Array topk_positions(const Array& x, std::size_t k, std::size_t axis, bool largest);

}  // namespace reel::kernels
