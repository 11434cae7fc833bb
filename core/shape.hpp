#pragma once
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>
#include <reel/core/error.hpp>

namespace reel {

/// The most axes an Array can have. Shapes are plain data of fixed size, so that an op's functions can capture them.
inline constexpr std::size_t max_rank = 8;

/// One dimension or axis as users write it: any integer type, so that neither `int n` nor `std::size_t n` needs a cast.
struct Integer {
  std::ptrdiff_t value;
  template <std::integral I>
  constexpr Integer(I i) : value(static_cast<std::ptrdiff_t>(i)) {}
};

class Shape;

/// A short list of integers (axes, dimensions with -1, steps), plain data.
class Ints {
 public:
  constexpr Ints() = default;
  Ints(std::initializer_list<Integer> values);
  /// A list of one integer.
  template <std::integral I>
  Ints(I value) : Ints{Integer(value)} {}
  explicit Ints(std::span<const std::size_t> values);
  Ints(const Shape& shape);
  Ints(const std::vector<std::size_t>& values);
  Ints(const std::vector<int>& values);

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::ptrdiff_t operator[](std::size_t i) const { return values_[i]; }
  std::ptrdiff_t& operator[](std::size_t i) { return values_[i]; }
  const std::ptrdiff_t* begin() const { return values_.data(); }
  const std::ptrdiff_t* end() const { return values_.data() + size_; }
  /// Throws ShapeError past max_rank.
  void push_back(std::ptrdiff_t value);

 private:
  std::array<std::ptrdiff_t, max_rank> values_{};
  std::size_t size_ = 0;
};

/// Returns a count as std::size_t. Throws Error naming `op` and `name` for a negative count, also for one that the caller has converted to
/// a huge std::size_t.
std::size_t require_count(std::string_view op, std::string_view name, Integer n);

/// The lengths of an array's axes, first axis first. Prints as (2, 3); a scalar's shape is ().
class Shape {
 public:
  constexpr Shape() = default;
  /// Throws ShapeError for a negative length or more than max_rank axes.
  Shape(std::initializer_list<Integer> lengths, SourceLocation at = SourceLocation::here());
  Shape(const std::vector<std::size_t>& lengths);
  explicit Shape(std::span<const std::size_t> lengths);

  std::size_t rank() const { return rank_; }
  /// The same as rank(), since a Shape is a range of lengths.
  std::size_t size() const { return rank_; }
  std::size_t operator[](std::size_t axis) const { return lengths_[axis]; }
  std::size_t& operator[](std::size_t axis) { return lengths_[axis]; }
  const std::size_t* begin() const { return lengths_.data(); }
  const std::size_t* end() const { return lengths_.data() + rank_; }
  std::size_t back() const { return lengths_[rank_ - 1]; }
  /// Throws ShapeError past max_rank.
  void push_back(std::size_t length);

  /// The number of elements: the product of the lengths, 1 for a scalar.
  std::size_t elements() const {
    std::size_t n = 1;
    for (std::size_t i = 0; i < rank_; ++i) n *= lengths_[i];
    return n;
  }

  friend bool operator==(const Shape& a, const Shape& b) {
    if (a.rank_ != b.rank_) return false;
    for (std::size_t i = 0; i < a.rank_; ++i)
      if (a.lengths_[i] != b.lengths_[i]) return false;
    return true;
  }

 private:
  std::array<std::size_t, max_rank> lengths_{};
  std::size_t rank_ = 0;
};

/// The stride of each axis of a row-major array, in elements.
Shape strides_of(const Shape& shape);

/// The shape of the result of an elementwise op by NumPy's broadcasting rules. Throws ShapeError naming `op`, both shapes and the axis.
Shape broadcast(std::string_view op, const Shape& a, const Shape& b);
/// Whether an array of shape `from` can be repeated to shape `to`.
bool broadcasts_to(const Shape& from, const Shape& to);

/// Returns the axis counted from the front; a negative `axis` counts from the back. Throws ShapeError naming `op` if it is out of range.
std::size_t normalize_axis(std::string_view op, std::ptrdiff_t axis, std::size_t rank);
/// Returns the axes counted from the front and sorted; an empty list means every axis. Throws ShapeError naming `op` for an axis that is
/// out of range or repeated. Nearly free for axes that are already normalized.
Ints normalize_axes(std::string_view op, const Ints& axes, std::size_t rank);
/// Whether normalize_axes() would give the list back as it is; an empty one stands for every axis, so it is not normalized.
bool is_normalized(const Ints& axes, std::size_t rank);
/// The shape of a reduction over the normalized `axes`; `keepdims` keeps them with length 1.
Shape reduced_shape(const Shape& shape, const Ints& axes, bool keepdims);
/// Returns the shape `to`, in which one length may be -1 and is computed from the others. Throws ShapeError when the number of elements
/// differs.
Shape resolve_reshape(std::string_view op, const Shape& from, const Ints& to);

std::string to_string(const Shape& shape);
std::string to_string(const Ints& values);

namespace detail {
std::ostream& write(std::ostream& out, std::string_view text);
}

/// Writes to_string(). Templates, so that nothing that converts to a shape, such as a list of numbers, is printed as one.
template <std::same_as<Shape> S>
std::ostream& operator<<(std::ostream& out, const S& shape) {
  return detail::write(out, to_string(shape));
}
template <std::same_as<Ints> I>
std::ostream& operator<<(std::ostream& out, const I& values) {
  return detail::write(out, to_string(values));
}

}  // namespace reel

template <>
struct fmt::formatter<reel::Shape> : fmt::formatter<fmt::string_view> {
  fmt::format_context::iterator format(const reel::Shape& shape, fmt::format_context& context) const;
};
