#include <reel/core/shape.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <reel/core/error.hpp>

namespace reel {

namespace {

[[noreturn]] void throw_rank(std::size_t rank) {
  throw ShapeError(fmt::format("a shape of {} axes; Reel's arrays have at most {}", rank, max_rank));
}

template <class Range>
std::string tuple_text(const Range& values) {
  return fmt::format("({}{})", fmt::join(values.begin(), values.end(), ", "), values.size() == 1 ? "," : "");
}

}  // namespace

Ints::Ints(std::initializer_list<Integer> values) {
  for (const Integer& v : values) push_back(v.value);
}

Ints::Ints(std::span<const std::size_t> values) {
  for (const std::size_t v : values) push_back(static_cast<std::ptrdiff_t>(v));
}

Ints::Ints(const Shape& shape) : Ints(std::span(shape.begin(), shape.end())) {}
Ints::Ints(const std::vector<std::size_t>& values) : Ints(std::span(values)) {}

Ints::Ints(const std::vector<int>& values) {
  for (const int v : values) push_back(v);
}

void Ints::push_back(std::ptrdiff_t value) {
  if (size_ == max_rank) throw_rank(size_ + 1);
  values_[size_++] = value;
}

Shape::Shape(std::initializer_list<Integer> lengths, SourceLocation at) {
  detail::placed(at, [&] {
    for (const Integer& length : lengths) {
      if (length.value < 0) throw ShapeError(fmt::format("a shape with the length {}; lengths are 0 or more", length.value));
      push_back(static_cast<std::size_t>(length.value));
    }
  });
}

Shape::Shape(const std::vector<std::size_t>& lengths) : Shape(std::span(lengths)) {}

Shape::Shape(std::span<const std::size_t> lengths) {
  if (lengths.size() > max_rank) throw_rank(lengths.size());
  rank_ = lengths.size();
  std::copy(lengths.begin(), lengths.end(), lengths_.begin());
}

void Shape::push_back(std::size_t length) {
  if (rank_ == max_rank) throw_rank(rank_ + 1);
  lengths_[rank_++] = length;
}

std::size_t require_count(std::string_view op, std::string_view name, Integer n) {
  if (n.value < 0) throw Error(fmt::format("{}: {} is {}; it has to be 0 or more", op, name, n.value));
  return static_cast<std::size_t>(n.value);
}

Shape strides_of(const Shape& shape) {
  Shape strides = shape;
  std::size_t step = 1;
  for (std::size_t i = shape.rank(); i-- > 0;) {
    strides[i] = step;
    step *= shape[i];
  }
  return strides;
}

Shape broadcast(std::string_view op, const Shape& a, const Shape& b) {
  const Shape& longer = a.rank() >= b.rank() ? a : b;
  const Shape& shorter = a.rank() >= b.rank() ? b : a;
  Shape result = longer;
  const std::size_t offset = longer.rank() - shorter.rank();
  for (std::size_t i = 0; i < shorter.rank(); ++i) {
    const std::size_t m = longer[i + offset], n = shorter[i];
    if (m == n || n == 1) continue;
    if (m != 1) {
      throw ShapeError(fmt::format("{}: shapes {} and {} do not broadcast; axis {} from the back has length {} and {}, and neither is 1",
                                   op, a, b, shorter.rank() - i, a.rank() >= b.rank() ? m : n, a.rank() >= b.rank() ? n : m));
    }
    result[i + offset] = n;
  }
  return result;
}

bool broadcasts_to(const Shape& from, const Shape& to) {
  if (from.rank() > to.rank()) return false;
  const std::size_t offset = to.rank() - from.rank();
  for (std::size_t i = 0; i < from.rank(); ++i)
    if (from[i] != 1 && from[i] != to[i + offset]) return false;
  return true;
}

std::size_t normalize_axis(std::string_view op, std::ptrdiff_t axis, std::size_t rank) {
  const auto n = static_cast<std::ptrdiff_t>(rank);
  if (axis < -n || axis >= n) {
    if (n == 0) throw ShapeError(fmt::format("{}: axis {} of a scalar, which has no axes", op, axis));
    throw ShapeError(fmt::format("{}: axis {} is out of range for {} axes (allowed: {} to {})", op, axis, n, -n, n - 1));
  }
  return static_cast<std::size_t>(axis < 0 ? axis + n : axis);
}

bool is_normalized(const Ints& axes, std::size_t rank) {
  std::ptrdiff_t previous = -1;
  for (const std::ptrdiff_t axis : axes) {
    if (axis <= previous || axis >= static_cast<std::ptrdiff_t>(rank)) return false;
    previous = axis;
  }
  return !axes.empty();
}

Ints normalize_axes(std::string_view op, const Ints& axes, std::size_t rank) {
  if (is_normalized(axes, rank)) return axes;
  std::array<bool, max_rank> chosen{};
  for (const std::ptrdiff_t axis : axes) {
    bool& seen = chosen[normalize_axis(op, axis, rank)];
    if (seen) throw ShapeError(fmt::format("{}: axis {} is named twice in {}", op, axis, to_string(axes)));
    seen = true;
  }
  Ints result;
  for (std::size_t i = 0; i < rank; ++i)
    if (axes.empty() || chosen[i]) result.push_back(static_cast<std::ptrdiff_t>(i));
  return result;
}

Shape reduced_shape(const Shape& shape, const Ints& axes, bool keepdims) {
  Shape result;
  std::size_t next = 0;
  for (std::size_t i = 0; i < shape.rank(); ++i) {
    if (next < axes.size() && static_cast<std::size_t>(axes[next]) == i) {
      ++next;
      if (keepdims) result.push_back(1);
    } else {
      result.push_back(shape[i]);
    }
  }
  return result;
}

Shape resolve_reshape(std::string_view op, const Shape& from, const Ints& to) {
  const auto mismatch = [&](const char* why) {
    return ShapeError(fmt::format("{}: {} with {} elements does not reshape to {}; {}", op, from, from.elements(), to_string(to), why));
  };
  Shape result;
  std::size_t known = 1;
  std::ptrdiff_t open = -1;
  bool overflows = false;
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (to[i] < -1) throw mismatch("a length is 0 or more, or -1 for the one to be worked out");
    if (to[i] == -1) {
      if (open >= 0) throw mismatch("only one length can be -1");
      open = static_cast<std::ptrdiff_t>(i);
      result.push_back(0);
    } else {
      if (__builtin_mul_overflow(known, static_cast<std::size_t>(to[i]), &known)) overflows = true;
      result.push_back(static_cast<std::size_t>(to[i]));
    }
  }
  if (overflows) throw mismatch("the lengths are too large for the address space");
  if (open >= 0) {
    if (known == 0) throw mismatch("-1 cannot be worked out beside a length of 0");
    if (from.elements() % known != 0) throw mismatch("the elements do not divide evenly");
    result[static_cast<std::size_t>(open)] = from.elements() / known;
  } else if (known != from.elements()) {
    throw mismatch("both need the same number of elements");
  }
  return result;
}

std::string to_string(const Shape& shape) { return tuple_text(shape); }
std::string to_string(const Ints& values) { return tuple_text(values); }

}  // namespace reel

fmt::format_context::iterator fmt::formatter<reel::Shape>::format(const reel::Shape& shape, fmt::format_context& context) const {
  return fmt::formatter<fmt::string_view>::format(reel::to_string(shape), context);
}
