#pragma once
#include <concepts>
#include <limits>
#include <optional>
#include <string>

#include <reel/core/array.hpp>

namespace reel {

/// One entry of a slice. A range {start, stop, step} of one axis follows Python's rules: negative ends count from the back, ends out of
/// range are clipped, a negative step goes backwards, and an end of `std::nullopt` is the end of the axis; `{}` is the whole axis. An
/// integer selects one element and drops the axis. `ellipsis` stands for all axes that are not named; `newaxis` inserts an axis of length
/// 1.
class Slice {
 public:
  constexpr Slice() = default;
  constexpr Slice(std::optional<std::ptrdiff_t> start, std::optional<std::ptrdiff_t> stop, std::ptrdiff_t step = 1)
      : start_(start.value_or(open)), stop_(stop.value_or(open)), step_(step) {}
  template <std::integral I>
  constexpr Slice(I index) : start_(static_cast<std::ptrdiff_t>(index)), kind_(Kind::index) {}

  bool is_index() const { return kind_ == Kind::index; }
  bool is_ellipsis() const { return kind_ == Kind::ellipsis; }
  bool is_newaxis() const { return kind_ == Kind::newaxis; }
  /// A range's start, or the index.
  std::optional<std::ptrdiff_t> start() const { return given(start_); }
  std::optional<std::ptrdiff_t> stop() const { return given(stop_); }
  std::ptrdiff_t step() const { return step_; }

  static constexpr Slice all_others() { return Slice(Kind::ellipsis); }
  static constexpr Slice new_axis() { return Slice(Kind::newaxis); }

 private:
  enum class Kind : std::uint8_t { range, index, ellipsis, newaxis };
  explicit constexpr Slice(Kind kind) : kind_(kind) {}
  static std::optional<std::ptrdiff_t> given(std::ptrdiff_t end) { return end == open ? std::nullopt : std::optional(end); }

  // Instead of std::optional, so that an op that captures slices stays small.
  static constexpr std::ptrdiff_t open = std::numeric_limits<std::ptrdiff_t>::min();
  std::ptrdiff_t start_ = open, stop_ = open, step_ = 1;
  Kind kind_ = Kind::range;
};

inline constexpr Slice ellipsis = Slice::all_others();
inline constexpr Slice newaxis = Slice::new_axis();

/// Slices of an array's axes, first axis first; axes at the end that are not named are whole. Plain data, for ops to capture.
class Slices {
 public:
  /// The largest number of entries, including `newaxis` and `ellipsis`.
  static constexpr std::size_t max_size = max_rank + 4;

  constexpr Slices() = default;
  /// Throws ShapeError past max_size.
  Slices(std::initializer_list<Slice> slices);

  std::size_t size() const { return size_; }
  const Slice& operator[](std::size_t axis) const { return slices_[axis]; }
  Slice& operator[](std::size_t axis) { return slices_[axis]; }
  /// `rank` slices that select whole axes. Throws ShapeError past max_size.
  static Slices whole(std::size_t rank) {
    Slices slices;
    slices.size_ = checked(rank);
    return slices;
  }

 private:
  static std::size_t checked(std::size_t size);
  Slice slices_[max_size];
  std::size_t size_ = 0;
};

/// Returns the slices in Python's notation: "[0, :, 1:3, ...]".
std::string to_string(const Slices& slices);

namespace kernels {

/// The selected elements of x. Throws ShapeError for an index out of range, a step of 0, a second ellipsis or more slices than axes.
Array slice(const Array& x, const Slices& slices);
/// An array of `shape` filled with `value`, with x where slice() would read; for value 0, the transpose of slice(). Throws ShapeError
/// unless x has the shape of the slice.
Array slice_backward(const Array& x, const Shape& shape, const Slices& slices, Scalar value = 0);

}  // namespace kernels
}  // namespace reel
