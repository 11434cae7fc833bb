#include <reel/autograd/tensor.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <reel/autograd/node.hpp>
#include <reel/core/format.hpp>

namespace reel {

namespace {

Array check_floating(const Array& value) {
  if (!is_floating(value.dtype()))
    throw DtypeError(fmt::format("variable: the value is {}; only float32 and float64 can be differentiated by", name_of(value.dtype())));
  return value;
}

const std::string no_name;

}  // namespace

Tensor::Tensor(Array value) : node_(detail::Node::make(std::move(value))) {}

void detail::throw_undefined() { throw Error("a tensor that is not defined was asked for its value"); }

Tensor Tensor::named(std::string name) const {
  if (!node_) throw Error(fmt::format("a tensor that is not defined cannot be named {}", name));
  node_->name = std::make_unique<std::string>(std::move(name));
  return *this;
}

const std::string& Tensor::name() const { return node_ && node_->name ? *node_->name : no_name; }

bool Tensor::has_history() const { return node_ && node_->tracked && is_floating(node_->value.dtype()); }

Tensor Tensor::detach() const { return Tensor(value()); }

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
  if (!is_list_) return dtype_;
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
    *to++ = dtype_ == int64 ? static_cast<T>(integer_) : static_cast<T>(number_);
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
  return detail::placed(at, [&] { return Tensor(values.to_array(options.dtype)); });
}
Tensor full(const Shape& shape, double value, TensorOptions options) {
  return Tensor(Array::full(shape, value, options.dtype.value_or(float32)));
}
Tensor zeros(const Shape& shape, TensorOptions options) { return full(shape, 0, options); }
Tensor ones(const Shape& shape, TensorOptions options) { return full(shape, 1, options); }
Tensor arange(std::int64_t start, std::int64_t stop) { return Tensor(Array::range(start, stop)); }
Tensor zeros_like(const Tensor& t) { return Tensor(Array::zeros(t.shape(), t.dtype())); }
Tensor ones_like(const Tensor& t) { return Tensor(Array::full(t.shape(), 1, t.dtype())); }

Tensor variable(const Tensor& value) {
  detail::Node* const node = detail::Node::make(check_floating(value.value()), detail::Node::next_id());
  node->kind = detail::Kind::variable;
  node->tracked = true;
  if (!value.name().empty()) node->name = std::make_unique<std::string>(value.name());
  return Tensor::adopt(node);
}

Tensor variable(double value, TensorOptions options) { return variable(full({}, value, options)); }

bool allclose(const Tensor& a, const Tensor& b, double rtol, double atol) { return allclose(a.value(), b.value(), rtol, atol); }

}  // namespace reel

fmt::format_context::iterator fmt::formatter<reel::Tensor>::format(const reel::Tensor& tensor, fmt::format_context& context) const {
  return fmt::formatter<fmt::string_view>::format(tensor.defined() ? reel::to_string(tensor.value()) : "undefined", context);
}
