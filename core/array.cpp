#include <reel/core/array.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/memory.hpp>

namespace reel {

namespace detail {

std::int64_t to_int64(double x) {
  constexpr double end = 9223372036854775808.0;
  if (!(x >= -end && x < end)) throw Error(fmt::format("{} is not in the range of int64", x));
  return static_cast<std::int64_t>(x);
}

Buffer* Buffer::make(std::size_t bytes) {
  auto* const buffer = new (memory::allocate(sizeof(Buffer) + bytes)) Buffer;
  buffer->bytes = bytes;
  buffer->elements = buffer + 1;
  return buffer;
}

Buffer* Buffer::adopt(void* elements, std::size_t bytes, void* owner, void (*release)(void* owner) noexcept) {
  Buffer* const buffer = make(0);
  buffer->bytes = bytes;
  buffer->elements = elements;
  buffer->owner = owner;
  buffer->release = release;
  return buffer;
}

void Buffer::free(Buffer* buffer) noexcept {
  const std::size_t bytes = buffer->release ? 0 : buffer->bytes;
  if (buffer->release) buffer->release(buffer->owner);
  buffer->~Buffer();
  memory::deallocate(buffer, sizeof(Buffer) + bytes);
}

}  // namespace detail

namespace {

std::size_t bytes_of(const Shape& shape, Dtype dtype) {
  std::size_t n = size_of(dtype);
  for (const std::size_t length : shape) {
    if (length == 0) return 0;
    if (__builtin_mul_overflow(n, length, &n) || n > std::numeric_limits<std::size_t>::max() / 4)
      throw ShapeError(fmt::format("an array of shape {} and dtype {} is too large for the address space", shape, name_of(dtype)));
  }
  return n;
}

detail::Buffer* make_buffer(const Shape& shape, Dtype dtype) {
  const std::size_t bytes = bytes_of(shape, dtype);
  try {
    return detail::Buffer::make(bytes);
  } catch (const std::bad_alloc&) {
    throw MemoryError(fmt::format("cannot allocate {} bytes for an array of shape {} {}", bytes, shape, name_of(dtype)));
  }
}

}  // namespace

Array::Array() : shape_{0} {}

Array::Array(const Shape& shape, Dtype dtype) : shape_(shape), size_(shape.elements()), buffer_(make_buffer(shape, dtype)), dtype_(dtype) {}

Array Array::full(const Shape& shape, Scalar value, Dtype dtype) {
  Array result(shape, dtype);
  visit(dtype, [&](auto t) {
    using T = decltype(t);
    std::fill_n(static_cast<T*>(result.buffer_->elements), result.size_, value.to<T>());
  });
  return result;
}

template <class T>
Array Array::of(const Shape& shape, std::span<const T> values) {
  Array result(shape, dtype_of<T>());
  if (values.size() != result.size_)
    throw ShapeError(fmt::format("{} values for an array of shape {}, which has {} elements", values.size(), shape, result.size_));
  std::copy(values.begin(), values.end(), static_cast<T*>(result.buffer_->elements));
  return result;
}

template Array Array::of<float>(const Shape&, std::span<const float>);
template Array Array::of<double>(const Shape&, std::span<const double>);
template Array Array::of<std::int64_t>(const Shape&, std::span<const std::int64_t>);
template Array Array::of<bool>(const Shape&, std::span<const bool>);

Array Array::range(std::int64_t start, std::int64_t stop) {
  const std::size_t n = stop > start ? static_cast<std::size_t>(stop) - static_cast<std::size_t>(start) : 0;
  Array result(Shape(std::span(&n, 1)), int64);
  auto* const values = result.mutable_data<std::int64_t>();
  for (std::size_t i = 0; i < result.size_; ++i) values[i] = start + static_cast<std::int64_t>(i);
  return result;
}

Array Array::adopt(const Shape& shape, Dtype dtype, void* elements, void* owner, void (*release)(void* owner) noexcept) {
  return adopt(shape, dtype, detail::Buffer::adopt(elements, bytes_of(shape, dtype), owner, release));
}

Array Array::adopt(const Shape& shape, Dtype dtype, detail::Buffer* buffer) {
  Array result;
  result.shape_ = shape;
  result.size_ = shape.elements();
  result.dtype_ = dtype;
  result.buffer_ = buffer;
  return result;
}

void Array::unshare() {
  detail::Buffer* const own = make_buffer(shape_, dtype_);
  std::memcpy(own->elements, buffer_->elements, bytes());
  drop();
  buffer_ = own;
}

std::size_t Array::offset_of(std::span<const Integer> index) const {
  if (index.empty() && rank() != 0) {
    if (size_ == 1) return 0;
    throw ShapeError(fmt::format("item: an array of shape {} has {} elements; item() needs exactly one", shape_, size_));
  }
  if (index.size() != rank())
    throw ShapeError(fmt::format("at: {} indices for an array of shape {}, which has {} axes", index.size(), shape_, rank()));
  std::size_t offset = 0;
  for (std::size_t axis = 0; axis < rank(); ++axis) {
    const auto length = static_cast<std::ptrdiff_t>(shape_[axis]);
    const std::ptrdiff_t i = index[axis].value;
    if (i < -length || i >= length) throw ShapeError(fmt::format("at: index {} is out of range for axis {} of shape {}", i, axis, shape_));
    offset = offset * shape_[axis] + static_cast<std::size_t>(i < 0 ? i + length : i);
  }
  return offset;
}

double Array::as_double(std::size_t position) const {
  const double x = visit(dtype_, [&](auto t) { return static_cast<double>(static_cast<const decltype(t)*>(raw())[position]); });
  return std::isnan(x) ? std::numeric_limits<double>::quiet_NaN() : x;  // a NaN has a sign, which says nothing and would be printed
}

// int64 has values that no double holds, so these do not go through as_double.
template <>
std::int64_t Array::item<std::int64_t>() const {
  if (size_ != 1) offset_of({});
  return dtype_ == int64 ? *data<std::int64_t>() : static_cast<std::int64_t>(as_double(0));
}

template <>
std::int64_t Array::at<std::int64_t>(std::initializer_list<Integer> index) const {
  const std::size_t offset = offset_of({index.begin(), index.size()});
  return dtype_ == int64 ? data<std::int64_t>()[offset] : static_cast<std::int64_t>(as_double(offset));
}

Array Array::reshape(const Ints& lengths) const { return with_shape(resolve_reshape("reshape", shape_, lengths)); }

Array Array::with_shape(const Shape& shape) const {
  Array result = *this;
  result.shape_ = shape;
  return result;
}

Array Array::astype(Dtype dtype) const {
  if (dtype == dtype_) return *this;
  Array result(shape_, dtype);
  visit(dtype_, [&](auto from) {
    visit(dtype, [&](auto to) {
      const auto* const source = static_cast<const decltype(from)*>(raw());
      auto* const target = static_cast<decltype(to)*>(result.buffer_->elements);
      for (std::size_t i = 0; i < size_; ++i) target[i] = static_cast<decltype(to)>(source[i]);
    });
  });
  return result;
}

void Array::throw_type(Dtype asked) const {
  throw DtypeError(
      fmt::format("an array of {} was asked for its elements as {}; convert it with astype first", name_of(dtype_), name_of(asked)));
}

bool identical(const Array& a, const Array& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() && (a.bytes() == 0 || std::memcmp(a.raw(), b.raw(), a.bytes()) == 0);
}

bool allclose(const Array& a, const Array& b, double rtol, double atol) {
  if (a.shape() != b.shape()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = a.as_double(i), y = b.as_double(i);
    if (x != y && !(std::abs(x - y) <= atol + rtol * std::abs(y))) return false;
    if (x != y && std::isinf(y)) return false;
  }
  return true;
}

double max_difference(const Array& a, const Array& b) {
  if (a.shape() != b.shape())
    throw ShapeError(fmt::format("max_difference: a is {} and b is {}; both need one shape", a.shape(), b.shape()));
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = a.as_double(i), y = b.as_double(i);
    if (x == y || (std::isnan(x) && std::isnan(y))) continue;
    const double d = std::abs(x - y);
    if (std::isnan(d)) return d;
    largest = std::max(largest, d);
  }
  return largest;
}

}  // namespace reel
