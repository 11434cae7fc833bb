#pragma once
#include <reel/autograd/ops/reduce.hpp>
#include <reel/core/mistake.hpp>

namespace reel {

/// The position of the largest (smallest) element, int64: in row-major order, or along one axis. Of several equal ones the first; a NaN
/// counts as larger (smaller) than all numbers. An empty axis throws ShapeError. No gradient.
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

/// Sorts along an axis. The sort is stable, so equal elements keep their order and each keeps its own gradient; NaN counts as larger than
/// all numbers.
Tensor sort(Operand x, SortOptions options = {});
REEL_NO_SUCH_OPTION(SortOptions, Tensor sort(Operand, ...));
/// The indices that sort() takes its elements from, int64. No gradient.
Tensor argsort(Operand x, SortOptions options = {});
REEL_NO_SUCH_OPTION(SortOptions, Tensor argsort(Operand, ...));

struct TopK {
  Tensor values, indices;
};

struct TopKOptions {
  std::ptrdiff_t axis = -1;
  bool largest = true;
};

/// The k largest (or smallest) elements along an axis, largest (smallest) first, and their indices, int64: the first k elements of sort(),
/// so of equal elements the first. The gradient of each value goes to its element. Throws ShapeError when k exceeds the axis's length.
TopK topk(Operand x, std::size_t k, TopKOptions options = {});
REEL_NO_SUCH_OPTION(TopKOptions, TopK topk(Operand, std::size_t, ...));

}  // namespace reel
