#pragma once
#include <optional>
#include <span>

#include <reel/core/array.hpp>

namespace reel {

/// Which elements of one axis: [start, stop) by `step`, as Python's slices: negative ends count from the back, ends out of
/// range are cut off, a negative step walks backwards; `{}` is the whole axis. A plain integer picks one element and drops the axis.
struct Slice {
  std::optional<std::ptrdiff_t> start, stop;
  std::ptrdiff_t step = 1;
  bool drops_axis = false;

  constexpr Slice() = default;
  constexpr Slice(std::optional<std::ptrdiff_t> start_, std::optional<std::ptrdiff_t> stop_, std::ptrdiff_t step_ = 1)
      : start(start_), stop(stop_), step(step_) {}
  template <std::integral I>
  constexpr Slice(I index) : start(static_cast<std::ptrdiff_t>(index)), drops_axis(true) {}
};

/// One Slice an axis; axes that are not named are whole. Plain data, for ops to capture.
class Slices {
 public:
  constexpr Slices() = default;
  Slices(std::initializer_list<Slice> slices);

  std::size_t size() const { return size_; }
  const Slice& operator[](std::size_t axis) const { return slices_[axis]; }
  Slice& operator[](std::size_t axis) { return slices_[axis]; }
  /// `rank` slices that leave everything in.
  static Slices whole(std::size_t rank) {
    Slices slices;
    slices.size_ = rank;
    return slices;
  }

 private:
  Slice slices_[max_rank];
  std::size_t size_ = 0;
};

namespace kernels {

/// Axis i of the result is axis axes[i] of x; `axes` is a permutation, normalized.
Array permute(const Array& x, const Ints& axes);
/// Repeats x to `shape`.
Array broadcast_to(const Array& x, const Shape& shape);
/// Throws ShapeError for an index out of range, a step of 0 or more slices than axes.
Array slice(const Array& x, const Slices& slices);
/// Zeros of `shape` with x where slice() would read: slice()'s transpose.
Array unslice(const Array& x, const Shape& shape, const Slices& slices);
/// Joined along a normalized axis; shapes agree elsewhere.
Array concatenate(std::span<const Array* const> arrays, std::size_t axis);
/// Rows of x (along axis 0) by int64 index, 0 <= index < length. Throws ShapeError out of range.
Array take_rows(const Array& x, std::span<const std::int64_t> rows);

}  // namespace kernels
}  // namespace reel
