#pragma once
#include <reel/autograd/record.hpp>
#include <reel/core/mistake.hpp>

/// Elements put in other places.
namespace reel {

/// Reversed along the named axes, or along all.
Tensor flip(Operand x, Ints axes = {});
/// Shifted by shifts[i] places along axes[i]: what leaves at one end comes in at the other. Without axes one shift, in row-major order.
Tensor roll(Operand x, Ints shifts, Ints axes = {});
/// Repeated repeats[i] times along axis i; axes of length 1 are put in front where there are more repeats than axes, and repeats of 1 where
/// there are fewer.
Tensor tile(Operand x, Ints repeats);

/// What comes around a tensor: a value; its own elements, as in a mirror that stands on the last one; the last one, again and again; the
/// elements from the other end.
enum class PadMode { constant, reflect, edge, wrap };

struct PadOptions {
  PadMode mode = PadMode::constant;
  Scalar value = 0;
};

/// before[i] elements more at the start of axis i, and after[i] at its end. Throws ShapeError unless there are as many of both as
/// axes and none is negative; to reflect, an axis needs to be longer than its padding, and for the other modes not empty.
Tensor pad(Operand x, Ints before, Ints after, PadOptions options = {});
REEL_NO_SUCH_OPTION(PadOptions, Tensor pad(Operand, Ints, Ints, ...));

/// Matrices (the last two axes) with zeros above the diagonal that begins k columns to the right (k < 0: -k rows below).
Tensor tril(Operand x, std::ptrdiff_t k = 0);
/// The same with zeros below it.
Tensor triu(Operand x, std::ptrdiff_t k = 0);

struct DiagonalOptions {
  /// How many columns to the right the diagonal begins; negative: rows below.
  std::ptrdiff_t offset = 0;
  std::ptrdiff_t axis_a = -2, axis_b = -1;
};

/// The diagonal of matrices, by default of the last two axes, as the last axis instead of both.
Tensor diagonal(Operand x, DiagonalOptions options = {});
REEL_NO_SUCH_OPTION(DiagonalOptions, Tensor diagonal(Operand, ...));
/// A vector as the diagonal of a square matrix of zeros, k columns to the right; of a matrix, that diagonal. Throws ShapeError for
/// other ranks.
Tensor diag(Operand x, std::ptrdiff_t k = 0);

}  // namespace reel
