#include <reel/autograd/tensor.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <reel/autograd/node.hpp>
#include <reel/core/format.hpp>

namespace reel {

namespace {

Array check_floating(const Array& value, SourceLocation at) {
  if (!is_floating(value.dtype()))
    detail::placed(at, [&] {
      throw DtypeError(fmt::format("variable: the value is {}; only float32 and float64 can be differentiated by", name_of(value.dtype())));
    });
  return value;
}

/// An array filled with one number, for the function that users called.
Tensor filled(const char* function, const Shape& shape, Scalar value, Dtype dtype, SourceLocation at) {
  return detail::placed(function, at, [&] { return Tensor(Array::full(shape, value, dtype)); });
}

const std::string no_name;

}  // namespace

Tensor::Tensor(Array value) : node_(detail::Node::make(std::move(value))) {}

void detail::throw_undefined(const char* function, SourceLocation at) {
  placed(at, [&] { throw Error(fmt::format("{}: the tensor is not defined (a Tensor without a value)", function)); });
  __builtin_unreachable();
}

Tensor Tensor::named(std::string name, SourceLocation at) const {
  if (!node_) detail::throw_undefined("named", at);
  node_->name = std::make_unique<std::string>(std::move(name));
  return *this;
}

const std::string& Tensor::name() const& { return node_ && node_->name ? *node_->name : no_name; }

bool Tensor::has_history() const { return node_ && node_->tracked && is_floating(node_->value.dtype()); }

Tensor Tensor::detach(SourceLocation at) const { return Tensor(Array(defined_value("detach", at))); }

Values::Values(std::initializer_list<Values> values) : is_list_(true), list_(values) {}

Shape Values::shape() const {
  if (!is_list_) return {};
  Shape result;
  result.push_back(list_.size());
  if (list_.empty()) return result;
  for (const std::size_t length : list_[0].shape()) result.push_back(length);
  return result;
}

Dtype Values::common_dtype() const {
  if (!is_list_) return number_.dtype();
  if (list_.empty()) return float32;
  bool any_float = false;
  Dtype result = boolean;
  for (const Values& v : list_) {
    const Dtype dtype = v.common_dtype();
    any_float = any_float || dtype == float32;
    result = promote(result, dtype);
  }
  return any_float ? float32 : result;  // {1, 2.5} is a list of floats, not of float64
}

template <class T>
void Values::fill(T*& to, const Shape& shape, std::size_t axis) const {
  if (is_list_ != (axis < shape.rank()) || (is_list_ && list_.size() != shape[axis]))
    throw ShapeError(fmt::format("tensor: the nested lists do not make a full array; on axis {} one has {} and the first has {}", axis,
                                 is_list_ ? fmt::format("{} elements", list_.size()) : "no list",
                                 axis < shape.rank() ? fmt::format("{} elements", shape[axis]) : "no list"));
  if (is_list_) {
    for (const Values& v : list_) v.fill(to, shape, axis + 1);
  } else {
    *to++ = number_.to<T>();
  }
}

Array Values::to_array(std::optional<Dtype> dtype) const {
  Array result(shape(), dtype.value_or(common_dtype()));
  visit(result.dtype(), [&](auto t) {
    auto* to = result.mutable_data<decltype(t)>();
    fill(to, result.shape(), 0);
  });
  return result;
}

Tensor tensor(const Values& values, TensorOptions options, SourceLocation at) {
  return detail::placed("tensor", at, [&] { return Tensor(values.to_array(options.dtype)); });
}
Tensor full(const Shape& shape, Scalar value, TensorOptions options, SourceLocation at) {
  return filled("full", shape, value, options.dtype.value_or(float32), at);
}
Tensor zeros(const Shape& shape, TensorOptions options, SourceLocation at) {
  return filled("zeros", shape, 0, options.dtype.value_or(float32), at);
}
Tensor ones(const Shape& shape, TensorOptions options, SourceLocation at) {
  return filled("ones", shape, 1, options.dtype.value_or(float32), at);
}
Tensor arange(std::int64_t start, std::int64_t stop, SourceLocation at) {
  return detail::placed("arange", at, [&] { return Tensor(Array::range(start, stop)); });
}
Tensor zeros_like(const Tensor& t, SourceLocation at) {
  if (!t.defined()) detail::throw_undefined("zeros_like", at);
  return filled("zeros_like", t.shape(), 0, t.dtype(), at);
}
Tensor ones_like(const Tensor& t, SourceLocation at) {
  if (!t.defined()) detail::throw_undefined("ones_like", at);
  return filled("ones_like", t.shape(), 1, t.dtype(), at);
}

Tensor variable(const Tensor& value, SourceLocation at) {
  if (!value.defined()) detail::throw_undefined("variable", at);
  detail::Node* const node = detail::Node::make(check_floating(value.value(), at), detail::Node::next_id());
  node->kind = detail::Kind::variable;
  node->tracked = true;
  if (!value.name().empty()) node->name = std::make_unique<std::string>(value.name());
  return Tensor::adopt(node);
}

Tensor variable(double value, TensorOptions options, SourceLocation at) { return variable(full({}, value, options, at), at); }

bool allclose(const Tensor& a, const Tensor& b, double rtol, double atol, SourceLocation at) {
  for (const Tensor* t : {&a, &b})
    if (!t->defined()) detail::throw_undefined("allclose", at);
  return allclose(a.value(), b.value(), rtol, atol);
}

}  // namespace reel

std::ostream& reel::operator<<(std::ostream& out, const Tensor& tensor) { return detail::write(out, fmt::format("{}", tensor)); }

fmt::format_context::iterator fmt::formatter<reel::Tensor>::format(const reel::Tensor& tensor, fmt::format_context& context) const {
  if (tensor.defined()) return fmt::formatter<reel::Array>::format(tensor.value(), context);
  return fmt::format_to(context.out(), "undefined");
}
