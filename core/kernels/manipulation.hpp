#pragma once
#include <span>

#include <reel/core/array.hpp>
#include <reel/core/kernels/slicing.hpp>

/// Functions that rearrange elements. Negative axes count from the back. They throw ShapeError for axes that are out of range or named
/// twice, and for shapes that do not fit.
namespace reel::kernels {

/// Axis i of the result is axis axes[i] of x; `axes` is a permutation.
Array permute(const Array& x, const Ints& axes);
/// x broadcast to `shape` by NumPy's rules, as a copy.
Array broadcast_to(const Array& x, const Shape& shape);
/// The arrays joined along an axis; their shapes agree on all other axes. Throws Error for an empty list, DtypeError for arrays of
/// different dtypes.
Array concatenate(std::span<const Array* const> arrays, Integer axis);
/// x repeated repeats[i] times along axis i; `repeats` has one number per axis, none negative.
Array tile(const Array& x, const Ints& repeats);
/// The transpose of tile(): sums x, which has the shape of tile()'s result, over the repeats to `shape`.
Array tile_backward(const Array& x, const Shape& shape, const Ints& repeats);
/// x shifted by shifts[i] places along axes[i]; elements that leave at one end enter at the other.
Array roll(const Array& x, const Ints& shifts, const Ints& axes);
/// The elements whose index on axis b is the index on axis a plus `offset`. Both axes are dropped; the diagonal becomes the last axis.
Array diagonal(const Array& x, std::ptrdiff_t offset, Integer axis_a, Integer axis_b);
/// The transpose of diagonal(): zeros of `shape`, with x where diagonal() would read.
Array diagonal_backward(const Array& x, const Shape& shape, std::ptrdiff_t offset, Integer axis_a, Integer axis_b);
/// The matrices on the last two axes with zeros above (`lower`) or below the k-th diagonal, which begins k columns right of the main one.
Array triangle(const Array& x, std::ptrdiff_t k, bool lower);
/// x reversed along `axes`.
Array flip(const Array& x, const Ints& axes);
/// The rows of x (along axis 0) at these indices, 0 <= index < length. Throws ShapeError out of range.
Array take_rows(const Array& x, std::span<const std::int64_t> rows);

}  // namespace reel::kernels
