#pragma once
#include <concepts>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <reel/core/array.hpp>
#include <reel/core/error.hpp>
#include <reel/core/format.hpp>
#include <reel/core/kernels/slicing.hpp>
#include <reel/core/mistake.hpp>

namespace reel {

class Tensor;

/// `none` is an undefined tensor: the gradient of an input that has no gradient.
struct None {};
inline constexpr None none;

namespace detail {

struct Node;

/// The first part of every node, defined here so that copying a Tensor and reading its value need no call.
struct NodeBase {
  explicit NodeBase(Array value_) : value(std::move(value_)) {}
  RefCount owners;
  Array value;
};

void free_node(NodeBase* node) noexcept;
[[noreturn]] void throw_undefined(const char* function, SourceLocation at);

}  // namespace detail

struct BackwardOptions;

/// The argument of operator[]: slices, with the line that they are written in.
struct SlicesHere {
  Slices slices;
  SourceLocation at;
  SlicesHere(std::initializer_list<Slice> list, SourceLocation at_ = SourceLocation::here()) : slices(list), at(at_) {}
};

/// An immutable value: an Array and, if it depends on a variable or parameter, its history. A Tensor is a handle: copying it is cheap, and
/// no op changes its value.
class Tensor {
 public:
  /// An undefined tensor: defined() is false. As a gradient it means "none".
  constexpr Tensor() = default;
  constexpr Tensor(None) {}
  /// A constant with this value.
  explicit Tensor(Array value);

  Tensor(const Tensor& other) noexcept : node_(other.node_) { keep(); }
  Tensor(Tensor&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  Tensor& operator=(Tensor other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~Tensor() {
    if (node_ && base()->owners.remove()) detail::free_node(node_);
  }

  bool defined() const { return node_ != nullptr; }
  /// The numbers, by reference, valid as long as this handle; from a temporary, an Array by value. Throws Error for an undefined tensor, as
  /// do all functions below.
  const Array& value(SourceLocation at = SourceLocation::here()) const& { return defined_value("value", at); }
  Array value(SourceLocation at = SourceLocation::here()) const&& { return defined_value("value", at); }
  const Shape& shape(SourceLocation at = SourceLocation::here()) const& { return defined_value("shape", at).shape(); }
  Shape shape(SourceLocation at = SourceLocation::here()) const&& { return defined_value("shape", at).shape(); }
  std::size_t rank(SourceLocation at = SourceLocation::here()) const { return defined_value("rank", at).rank(); }
  std::size_t size(SourceLocation at = SourceLocation::here()) const { return defined_value("size", at).size(); }
  Dtype dtype(SourceLocation at = SourceLocation::here()) const { return defined_value("dtype", at).dtype(); }

  /// The only element, converted to T. Throws ShapeError unless there is exactly one.
  template <class T>
  T item(SourceLocation at = SourceLocation::here()) const {
    return detail::placed(at, [&] { return defined_value("item", at).item<T>(); });
  }
  /// One element, converted to T; negative indices count from the back. Throws ShapeError out of range.
  template <class T>
  T at(std::initializer_list<Integer> index, SourceLocation at = SourceLocation::here()) const {
    return detail::placed(at, [&] { return defined_value("at", at).at<T>(index); });
  }
  /// Column i of a matrix, shape (rows,); differentiable, as slice() is.
  Tensor column(std::ptrdiff_t i, SourceLocation at = SourceLocation::here()) const;
  /// Element i along the first axis, which is dropped.
  Tensor row(std::ptrdiff_t i, SourceLocation at = SourceLocation::here()) const;
  /// A part of the tensor: `x[{0, {1, 3}, ellipsis}]` is slice(x, {0, {1, 3}, ellipsis}).
  Tensor operator[](const SlicesHere& slices) const;

  /// Gives this entry of the tape a name and returns the tensor.
  Tensor named(std::string name, SourceLocation at = SourceLocation::here()) const;
  /// The name, or an empty text.
  const std::string& name() const&;
  std::string name() const&& { return name(); }

  /// Whether a gradient can flow through this tensor: it is a variable or parameter, or was computed from one while recording. An int64 or
  /// bool result never has a history.
  bool has_history() const;
  /// The same value without history.
  Tensor detach(SourceLocation at = SourceLocation::here()) const;

  /// Adds d(this)/d(parameter) to the gradient of every Parameter in the history. Throws GradientError when this tensor is not a scalar and
  /// no seed is given, when it has no history, or when the history was released by an earlier backward().
  void backward(SourceLocation at = SourceLocation::here()) const;
  void backward(const BackwardOptions& options, SourceLocation at = SourceLocation::here()) const;
  REEL_NO_SUCH_OPTION(BackwardOptions, void backward(...) const);

  /// For the engine.
  inline detail::Node* node() const;  // in detail/node.hpp
  detail::NodeBase* base() const { return node_; }
  static Tensor adopt(detail::NodeBase* node) {
    Tensor result;
    result.node_ = node;
    return result;
  }
  static Tensor share(detail::NodeBase* node) {
    Tensor result = adopt(node);
    result.keep();
    return result;
  }
  bool is_only_owner() const { return base()->owners.count() == 1; }
  /// Returns the node without decrementing its reference count: the counterpart of adopt().
  detail::NodeBase* release() { return std::exchange(node_, nullptr); }

 private:
  void keep() const noexcept {
    if (node_) base()->owners.add();
  }
  const Array& defined_value(const char* function, SourceLocation at) const {
    if (!node_) [[unlikely]]
      detail::throw_undefined(function, at);
    return base()->value;
  }

  detail::NodeBase* node_ = nullptr;
};

struct BackwardOptions {
  /// Keep the history, so that it can be differentiated again.
  bool retain = false;
  /// d(something)/d(this), of this tensor's shape and dtype; 1 where this is a scalar.
  Tensor seed = {};
};

struct TensorOptions {
  /// By default float32; int64 for integers, bool for bools.
  std::optional<Dtype> dtype = {};
};

/// Numbers in nested braces: `{{1, 2}, {3, 4}}` has shape (2, 2).
class Values {
 public:
  template <Number T>
  Values(T value) : number_(value) {}
  Values(std::initializer_list<Values> values);

  /// Throws ShapeError when the lists are not all of one length.
  Array to_array(std::optional<Dtype> dtype) const;

 private:
  Shape shape() const;
  Dtype common_dtype() const;
  template <class T>
  void fill(T*& to, const Shape& shape, std::size_t axis) const;

  bool is_list_ = false;
  Scalar number_ = 0;
  std::vector<Values> list_;
};

/// A constant from nested braces, e.g. `tensor({{1.0, 2.0}, {3.0, 4.0}}, {.dtype = float64})`.
Tensor tensor(const Values& values, TensorOptions options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(TensorOptions, Tensor tensor(const Values&, ...));
/// A constant of this shape whose elements all have this value.
Tensor full(const Shape& shape, Scalar value, TensorOptions options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(TensorOptions, Tensor full(const Shape&, Scalar, ...));
/// A constant of zeros, by default float32; ones() gives ones.
Tensor zeros(const Shape& shape, TensorOptions options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(TensorOptions, Tensor zeros(const Shape&, ...));
Tensor ones(const Shape& shape, TensorOptions options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(TensorOptions, Tensor ones(const Shape&, ...));
/// The integers start, start + 1, ... up to stop - 1, int64.
Tensor arange(std::int64_t start, std::int64_t stop, SourceLocation at = SourceLocation::here());
/// A constant of zeros (ones) with the shape and dtype of t.
Tensor zeros_like(const Tensor& t, SourceLocation at = SourceLocation::here());
Tensor ones_like(const Tensor& t, SourceLocation at = SourceLocation::here());

/// An anonymous leaf to differentiate by with gradients(). Floating dtypes only: throws DtypeError otherwise.
Tensor variable(const Tensor& value, SourceLocation at = SourceLocation::here());
Tensor variable(double value, TensorOptions options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(TensorOptions, Tensor variable(double, ...));

/// Whether both have the same shape and |a - b| <= atol + rtol |b| in every element.
bool allclose(const Tensor& a, const Tensor& b, double rtol = 1e-5, double atol = 1e-8, SourceLocation at = SourceLocation::here());

/// Prints as fmt::print("{}") does; also for a Parameter.
std::ostream& operator<<(std::ostream& out, const Tensor& tensor);

}  // namespace reel

/// Formats the array: "{}", or "{:.4f}" for each number.
template <>
struct fmt::formatter<reel::Tensor> : fmt::formatter<reel::Array> {
  fmt::format_context::iterator format(const reel::Tensor& tensor, fmt::format_context& context) const;
};
