#include <reel/autograd/tensor.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <reel/autograd/detail/reverse.hpp>
#include <reel/autograd/detail/untrained.hpp>
#include <reel/autograd/detail/watcher.hpp>
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

/// An array filled with one number; errors name the function that the user called.
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
  node()->name = std::make_unique<std::string>(std::move(name));
  return *this;
}

const std::string& Tensor::name() const& { return node_ && node()->name ? *node()->name : no_name; }

bool Tensor::has_history() const { return node_ && node()->tracked && is_floating(node()->value.dtype()); }

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

namespace {

[[noreturn]] void throw_no_parameter(const detail::History& history, SourceLocation at) {
  const bool is_gone = std::any_of(history.items.begin(), history.items.end(),
                                   [](const auto& item) { return item.node->kind == detail::Kind::parameter && !item.node->parameter; });
  throw GradientError(
      (is_gone
           ? "backward: the parameters in the history are gone, so nobody could have their gradients: the module that has them has to live "
             "until backward()"
           : "backward: no parameter that requires a gradient is in the history; for variables, gradients(y, {x}) returns the gradient") +
      detail::place_text(at));
}

}  // namespace

void Tensor::backward(SourceLocation at) const { backward({}, at); }

void Tensor::backward(const BackwardOptions& options, SourceLocation at) const {
  detail::check_history("backward", *this, at);
  const Tensor seed = detail::seed_for("backward", *this, options.seed, at);
  detail::Sweep sweep(detail::History::of(node(), false), false, !options.retain);
  detail::check_not_released("backward", sweep.history(), at);
  std::size_t trained = 0, untrained = 0;
  const bool any = sweep.mark([&](const detail::Node* node) {
    const detail::ParameterState* const p = node->parameter;
    if (!p || !p->requires_grad) return false;
    ++(p->in_optimizer ? trained : untrained);
    return true;
  });
  if (!any) throw_no_parameter(sweep.history(), at);
  if (untrained > 0) [[unlikely]] {
    detail::note_untrained(sweep.history(), trained == 0 ? untrained : 0, at);
  } else {
    detail::note_all_trained();
  }
  if (detail::is_watched()) [[unlikely]]
    detail::watcher().before_backward(*this, seed);
  // Delivered at the end, so that a rule that fails leaves no parameter with a part of its gradient.
  memory::Vector<std::pair<detail::Node*, Tensor>> parts;
  parts.reserve(sweep.history().items.size());
  sweep.run({&seed, 1}, [&](detail::Node* node, Tensor& gradient) { parts.emplace_back(node, std::move(gradient)); });
  for (auto& [node, gradient] : parts) {
    detail::ParameterState* const parameter = node->parameter;
    if (!parameter) continue;                     // a hook released it
    const Dtype dtype = parameter->leaf.dtype();  // may have changed since it was used
    detail::add_gradient(parameter, gradient.dtype() == dtype ? std::move(gradient) : Tensor(gradient.value().astype(dtype)));
  }
}

}  // namespace reel

std::ostream& reel::operator<<(std::ostream& out, const Tensor& tensor) { return detail::write(out, fmt::format("{}", tensor)); }

fmt::format_context::iterator fmt::formatter<reel::Tensor>::format(const reel::Tensor& tensor, fmt::format_context& context) const {
  if (tensor.defined()) return fmt::formatter<reel::Array>::format(tensor.value(), context);
  return fmt::format_to(context.out(), "undefined");
}
