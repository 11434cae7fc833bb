#pragma once
#include <reel/autograd/record.hpp>
#include <reel/core/mistake.hpp>

/// Ops that move elements to other places.
namespace reel {

/// Reverses x along the named axes; without axes, along all.
Tensor flip(Operand x, Ints axes = {});
/// Shifts x by shifts[i] places along axes[i]; elements that leave at one end come in at the other. Without axes: one shift, in row-major
/// order.
Tensor roll(Operand x, Ints shifts, Ints axes = {});
/// Repeats x repeats[i] times along axis i. If there are more repeats than axes, axes of length 1 are put in front; if there are fewer,
/// repeats of 1.
Tensor tile(Operand x, Ints repeats);

/// What pad() fills in: `constant`, a value; `reflect`, the tensor mirrored at its last element; `edge`, its last element; `wrap`, the
/// elements from the other end. As in NumPy.
enum class PadMode { constant, reflect, edge, wrap };

struct PadOptions {
  PadMode mode = PadMode::constant;
  Scalar value = 0;
};

/// Adds before[i] elements at the start of axis i and after[i] at its end. Throws ShapeError unless both have one length per axis and none
/// is negative; for `reflect` an axis must be longer than its padding, for the other modes it must not be empty.
Tensor pad(Operand x, Ints before, Ints after, PadOptions options = {});
REEL_NO_SUCH_OPTION(PadOptions, Tensor pad(Operand, Ints, Ints, ...));

/// Lower triangle of matrices (the last two axes): zeros above the diagonal that begins k columns to the right (k < 0: -k rows below).
Tensor tril(Operand x, std::ptrdiff_t k = 0);
/// Upper triangle: zeros below that diagonal.
Tensor triu(Operand x, std::ptrdiff_t k = 0);

struct DiagonalOptions {
  /// Number of columns to the right at which the diagonal begins; negative: rows below. Default 0.
  std::ptrdiff_t offset = 0;
  std::ptrdiff_t axis_a = -2, axis_b = -1;
};

/// The diagonal of matrices, by default of the last two axes; it becomes the last axis, and both axes are dropped.
Tensor diagonal(Operand x, DiagonalOptions options = {});
REEL_NO_SUCH_OPTION(DiagonalOptions, Tensor diagonal(Operand, ...));
/// For a vector: a square matrix of zeros with the vector on the diagonal, k columns to the right; for a matrix: that diagonal. Throws
/// ShapeError for other ranks.
Tensor diag(Operand x, std::ptrdiff_t k = 0);

}  // namespace reel
