#pragma once
#include <reel/autograd/ops/reduce.hpp>
#include <reel/core/mistake.hpp>

namespace reel {

/// The position of the largest (or smallest) element, int64: in row-major order, or along one axis. The first of several; NaN is taken
/// before all numbers. An empty axis is a ShapeError. No gradient.
Tensor argmax(Operand x);
Tensor argmax(Operand x, std::ptrdiff_t axis, ReduceOptions options = {});
REEL_NO_SUCH_OPTION(ReduceOptions, Tensor argmax(Operand, std::ptrdiff_t, ...));
Tensor argmin(Operand x);
Tensor argmin(Operand x, std::ptrdiff_t axis, ReduceOptions options = {});
REEL_NO_SUCH_OPTION(ReduceOptions, Tensor argmin(Operand, std::ptrdiff_t, ...));

struct SortOptions {
  std::ptrdiff_t axis = -1;
  bool descending = false;
};

/// Sorted along an axis. Equal elements keep their order, so each keeps its own gradient; NaN counts as larger than all numbers.
Tensor sort(Operand x, SortOptions options = {});
REEL_NO_SUCH_OPTION(SortOptions, Tensor sort(Operand, ...));
/// The positions that sort() takes its elements from, int64. No gradient.
Tensor argsort(Operand x, SortOptions options = {});
REEL_NO_SUCH_OPTION(SortOptions, Tensor argsort(Operand, ...));

struct TopK {
  Tensor values, indices;
};

struct TopKOptions {
  std::ptrdiff_t axis = -1;
  bool largest = true;
};

/// The k largest (or smallest) elements along an axis, the first one first, and their positions, int64: those that sort() would put first,
/// so of equal ones the first. Each value's gradient goes to its element. Throws ShapeError when k is more than the axis's length.
TopK topk(Operand x, std::size_t k, TopKOptions options = {});
REEL_NO_SUCH_OPTION(TopKOptions, TopK topk(Operand, std::size_t, ...));

}  // namespace reel
