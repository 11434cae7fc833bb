#pragma once
#include <span>

#include <reel/core/array.hpp>
#include <reel/core/kernels/slicing.hpp>

/// Negative axes count from the back. ShapeError for axes that are out of range or named twice, and for shapes that do not belong together.
namespace reel::kernels {

/// Axis i of the result is axis axes[i] of x; `axes` is a permutation.
Array permute(const Array& x, const Ints& axes);
/// Repeats x to `shape`.
Array broadcast_to(const Array& x, const Shape& shape);
/// Joined along an axis; shapes agree elsewhere. Throws Error where there is nothing to join, DtypeError for two dtypes.
Array concatenate(std::span<const Array* const> arrays, Integer axis);
/// x, repeats[i] times along axis i; as many repeats as axes, none negative.
Array tile(const Array& x, const Ints& repeats);
/// tile()'s transpose: x, which has the shape of a tiled one, summed to `shape`.
Array tile_backward(const Array& x, const Shape& shape, const Ints& repeats);
/// Shifted by shifts[i] places along axes[i]; what leaves at one end comes in at the other.
Array roll(const Array& x, const Ints& shifts, const Ints& axes);
/// The elements whose index on axis b is that on axis a plus `offset`; both axes dropped, the diagonal is the last one.
Array diagonal(const Array& x, std::ptrdiff_t offset, Integer axis_a, Integer axis_b);
/// Zeros of `shape` with x where diagonal() would read: its transpose.
Array diagonal_backward(const Array& x, const Shape& shape, std::ptrdiff_t offset, Integer axis_a, Integer axis_b);
/// Matrices (the last two axes) with zeros above (`lower`) or below the diagonal that begins k columns to the right.
Array triangle(const Array& x, std::ptrdiff_t k, bool lower);
/// Reversed along axes.
Array flip(const Array& x, const Ints& axes);
/// Rows of x (along axis 0) by int64 index, 0 <= index < length. Throws ShapeError out of range.
Array take_rows(const Array& x, std::span<const std::int64_t> rows);

}  // namespace reel::kernels
