#pragma once
#include <initializer_list>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <reel/core/dtype.hpp>
#include <reel/core/ref_count.hpp>
#include <reel/core/scalar.hpp>
#include <reel/core/shape.hpp>

namespace reel {

namespace detail {

/// The reference-counted memory of arrays: a 64-byte aligned block directly behind this header, or memory of another owner, which `release`
/// gives back.
struct alignas(64) Buffer {
  RefCount owners;
  std::size_t bytes = 0;  // of the elements
  void* elements = nullptr;
  void* owner = nullptr;
  void (*release)(void* owner) noexcept = nullptr;

  static Buffer* make(std::size_t bytes);
  static Buffer* adopt(void* elements, std::size_t bytes, void* owner, void (*release)(void* owner) noexcept);
  static void free(Buffer* buffer) noexcept;
};

}  // namespace detail

/// A contiguous, row-major, n-dimensional array of one Dtype. Copies share the elements until one of them is written to
/// (copy on write), so passing an Array by value and reshaping it are free.
class Array {
 public:
  /// An array without elements: shape (0,), float32.
  Array();
  /// An array of uninitialised elements. Throws ShapeError when the number of bytes does not fit into the address space.
  Array(const Shape& shape, Dtype dtype);

  Array(const Array& other) noexcept : shape_(other.shape_), size_(other.size_), buffer_(other.buffer_), dtype_(other.dtype_) {
    if (buffer_) buffer_->owners.add();
  }
  Array(Array&& other) noexcept
      : shape_(other.shape_), size_(other.size_), buffer_(std::exchange(other.buffer_, nullptr)), dtype_(other.dtype_) {
    other.size_ = 0;
  }
  Array& operator=(Array other) noexcept {
    swap(*this, other);
    return *this;
  }
  ~Array() { drop(); }

  friend void swap(Array& a, Array& b) noexcept {
    std::swap(a.shape_, b.shape_);
    std::swap(a.size_, b.size_);
    std::swap(a.buffer_, b.buffer_);
    std::swap(a.dtype_, b.dtype_);
  }

  /// Returns an array whose elements all are `value`. For int64, throws Error when the value is NaN, infinite or out of range.
  static Array full(const Shape& shape, Scalar value, Dtype dtype = float32);
  static Array zeros(const Shape& shape, Dtype dtype = float32) { return full(shape, 0, dtype); }
  static Array scalar(Scalar value, Dtype dtype = float32) { return full({}, value, dtype); }
  /// Returns an array with a copy of `values`, which are in row-major order. T is float, double, std::int64_t or bool. Throws ShapeError
  /// unless there is one value per element of the shape.
  template <class T>
  static Array of(const Shape& shape, std::span<const T> values);
  /// Returns the integers start, start + 1, ... below `stop` as int64.
  static Array range(std::int64_t start, std::int64_t stop);

  /// Returns an array of the memory `elements`, which belongs to `owner`, without a copy. `release(owner)` is called when no array uses the
  /// memory any more.
  static Array adopt(const Shape& shape, Dtype dtype, void* elements, void* owner, void (*release)(void* owner) noexcept);
  /// For the engine: takes over one reference to a buffer, which must have the size of the array.
  static Array adopt(const Shape& shape, Dtype dtype, detail::Buffer* buffer);

  const Shape& shape() const& { return shape_; }
  Shape shape() const&& { return shape_; }
  std::size_t rank() const { return shape_.rank(); }
  std::size_t size() const { return size_; }
  Dtype dtype() const { return dtype_; }
  std::size_t bytes() const { return size_ * size_of(dtype_); }

  /// The elements, in row-major order. Throws DtypeError when T is not this array's element type. Not for a temporary, whose elements
  /// would be gone at the end of the line: name the array first.
  template <class T>
  const T* data() const& {
    check_type(dtype_of<T>());
    return static_cast<const T*>(raw());
  }
  template <class T>
  const T* data() const&& = delete;
  template <class T>
  std::span<const T> span() const& {
    return {data<T>(), size_};
  }
  template <class T>
  std::span<const T> span() const&& = delete;
  /// The elements for writing. An array that shares its elements first gets a copy of its own.
  template <class T>
  T* mutable_data() {
    check_type(dtype_of<T>());
    return static_cast<T*>(mutable_raw());
  }
  const void* raw() const { return buffer_ ? buffer_->elements : nullptr; }
  void* mutable_raw() {
    if (is_shared()) unshare();
    return buffer_ ? buffer_->elements : nullptr;
  }
  /// The memory of the elements; for the engine.
  detail::Buffer* buffer() const { return buffer_; }
  /// Whether writing would copy the elements first, because another Array shares them or they belong to another owner.
  bool is_shared() const { return buffer_ && (buffer_->owners.count() > 1 || buffer_->release); }

  /// The only element, converted to T. Throws ShapeError unless there is exactly one.
  template <class T>
  T item() const;
  /// One element, converted to T; negative indices count from the back. Throws ShapeError out of range.
  template <class T>
  T at(std::initializer_list<Integer> index) const;
  /// Row-major position of an index; throws ShapeError as at() does.
  std::size_t offset_of(std::span<const Integer> index) const;
  /// Element `position` in row-major order as a double, whatever the dtype. Not range-checked.
  double as_double(std::size_t position) const;

  /// The same elements in another shape, without a copy. One length may be -1.
  Array reshape(const Ints& lengths) const;
  /// reshape() without a check: `shape` must have as many elements.
  Array with_shape(const Shape& shape) const;
  /// Returns the elements converted to `dtype`; for the same dtype, the result shares the elements. In bool, all numbers but 0 are true. In
  /// int64, fractions are cut off; NaN and numbers out of range give no meaningful result (the processor's).
  Array astype(Dtype dtype) const;

 private:
  void check_type(Dtype asked) const {
    if (asked != dtype_) throw_type(asked);
  }
  [[noreturn]] void throw_type(Dtype asked) const;
  void unshare();
  void drop() noexcept {
    if (buffer_ && buffer_->owners.remove()) detail::Buffer::free(buffer_);
  }

  Shape shape_;
  std::size_t size_ = 0;
  detail::Buffer* buffer_ = nullptr;
  Dtype dtype_ = float32;
};

/// Returns whether a and b have the same dtype, shape and bits (so NaN equals NaN, and 0 differs from -0).
bool identical(const Array& a, const Array& b);
/// Returns whether a and b have the same shape and |a - b| <= atol + rtol |b| holds for every element; equal infinities pass, NaN never
/// does.
bool allclose(const Array& a, const Array& b, double rtol = 1e-5, double atol = 1e-8);
/// Returns the largest |a - b| of all elements; NaN when an element is NaN on one side only. Throws ShapeError for different shapes.
double max_difference(const Array& a, const Array& b);

template <class T>
T Array::item() const {
  if (size_ != 1) offset_of({});
  return static_cast<T>(as_double(0));
}
template <>
std::int64_t Array::item<std::int64_t>() const;

template <class T>
T Array::at(std::initializer_list<Integer> index) const {
  return static_cast<T>(as_double(offset_of({index.begin(), index.size()})));
}
template <>
std::int64_t Array::at<std::int64_t>(std::initializer_list<Integer> index) const;

extern template Array Array::of<float>(const Shape&, std::span<const float>);
extern template Array Array::of<double>(const Shape&, std::span<const double>);
extern template Array Array::of<std::int64_t>(const Shape&, std::span<const std::int64_t>);
extern template Array Array::of<bool>(const Shape&, std::span<const bool>);

}  // namespace reel
