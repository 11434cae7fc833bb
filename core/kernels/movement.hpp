#pragma once
#include <span>

#include <reel/core/array.hpp>
#include <reel/core/kernels/slicing.hpp>

namespace reel::kernels {

/// Axis i of the result is axis axes[i] of x; `axes` is a permutation, normalized.
Array permute(const Array& x, const Ints& axes);
/// Repeats x to `shape`.
Array broadcast_to(const Array& x, const Shape& shape);
/// Joined along a normalized axis; shapes agree elsewhere.
Array concatenate(std::span<const Array* const> arrays, std::size_t axis);
/// x, repeats[i] times along axis i; as many repeats as axes, none negative.
Array tile(const Array& x, const Ints& repeats);
/// tile()'s transpose: x, which has the shape of a tiled one, summed to `shape`.
Array untile(const Array& x, const Shape& shape, const Ints& repeats);
/// Shifted by shifts[i] places along axes[i] (normalized); what leaves at one end comes in at the other.
Array roll(const Array& x, const Ints& shifts, const Ints& axes);
/// The elements whose index on axis b is that on axis a plus `offset`; both axes dropped, the diagonal is the last one.
Array diagonal(const Array& x, std::ptrdiff_t offset, std::size_t axis_a, std::size_t axis_b);
/// Zeros of `shape` with x where diagonal() would read: its transpose.
Array undiagonal(const Array& x, const Shape& shape, std::ptrdiff_t offset, std::size_t axis_a, std::size_t axis_b);
/// Matrices (the last two axes) with zeros above (`lower`) or below the diagonal that begins k columns to the right.
Array triangle(const Array& x, std::ptrdiff_t k, bool lower);
/// Reversed along axes, which may be negative.
Array flip(const Array& x, const Ints& axes);
/// Rows of x (along axis 0) by int64 index, 0 <= index < length. Throws ShapeError out of range.
Array take_rows(const Array& x, std::span<const std::int64_t> rows);

}  // namespace reel::kernels
