#include <reel/autograd/functional.hpp>

#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <reel/autograd/detail/forward.hpp>
#include <reel/autograd/detail/function_entry.hpp>
#include <reel/autograd/detail/join.hpp>
#include <reel/autograd/detail/reverse.hpp>
#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/autograd/ops/shape.hpp>

namespace reel {

namespace detail {

namespace {

/// Turns recording on for a scope.
class RecordScope {
 public:
  RecordScope() : before_(context.recording) { context.recording = true; }
  ~RecordScope() { context.recording = before_; }
  RecordScope(const RecordScope&) = delete;
  RecordScope& operator=(const RecordScope&) = delete;

 private:
  bool before_;
};

bool any_history(const List& tensors) {
  return std::any_of(tensors.begin(), tensors.end(), [](const Tensor& t) { return t.has_history(); });
}

/// A result, the tensors to differentiate with respect to, and the options.
struct Problem {
  const char* what;
  Tensor y;
  List x;
  std::uint64_t since = 0;  // no older entry depends on an x
  bool differentiable = false;
  SourceLocation at;

  Reverse reverse() const { return Reverse(what, {&y, 1}, x, since, differentiable, at); }
  /// y as it is returned to the caller.
  Tensor value() const { return differentiable ? y : y.detach(); }
};

Tensor linked(const Problem& p, const Tensor& derivative) { return p.differentiable ? with_history(derivative, p.x, p.at) : derivative; }

List linked(const Problem& p, List derivatives) {
  for (Tensor& d : derivatives) d = linked(p, d);
  return derivatives;
}

Problem recorded(const char* what, const Tensor& y, const Variables& x, std::optional<bool> differentiable, SourceLocation at) {
  check_history(what, y, at);
  check_variables(what, x.tensors(), at);
  return {what, y, x.tensors(), 0, differentiable.value_or(false), at};
}

Tensor input_of(const char* what, const List& inputs, std::size_t i, bool linked, SourceLocation at) {
  const Tensor& x = inputs[i];
  if (!x.defined()) throw Error(fmt::format("{}: input {} is not defined{}", what, i, place_text(at)));
  if (!is_floating(x.dtype()))
    throw DtypeError(fmt::format("{}: input {} is {}; only float32 and float64 can be differentiated by{}", what, i, name_of(x.dtype()),
                                 place_text(at)));
  return linked && x.has_history() ? view_of(x) : variable(x);
}

/// Calls f with copies of the inputs.
Problem call(const char* what, FunctionRef f, const List& inputs, bool differentiable, SourceLocation at) {
  const RecordScope record;
  Problem p{what, {}, {}, Node::next_id(), differentiable, at};
  for (std::size_t i = 0; i < inputs.size(); ++i) p.x.push_back(input_of(what, inputs, i, differentiable, at));
  p.y = f(p.x);
  if (p.y.defined() && p.y.node()->cut) check_history(what, p.y, at);
  if (!p.y.has_history())
    throw GradientError(
        fmt::format("{}: what the function returned has no history: it does not depend on the inputs, or was computed under NoGrad or "
                    "detached{}",
                    what, place_text(at)));
  return p;
}

bool is_differentiable(std::optional<bool> asked, const List& inputs, const List& tangents = {}) {
  return asked.value_or(is_recording() && (any_history(inputs) || any_history(tangents)));
}

/// Checks that y has one element, as a Hessian requires.
void check_number(const Problem& p) {
  if (p.y.size() != 1)
    throw GradientError(fmt::format("{}: the result has shape {}; it has to be one number{}", p.what, p.y.shape(), place_text(p.at)));
}

void check_tangents(const Problem& p, const List& tangents) {
  if (tangents.size() != p.x.size())
    throw Error(fmt::format("{}: there are {} tangents for {} inputs{}", p.what, tangents.size(), p.x.size(), place_text(p.at)));
  for (std::size_t i = 0; i < tangents.size(); ++i) {
    const Tensor &t = tangents[i], &x = p.x[i];
    const std::string name = x.name().empty() ? "" : " ('" + x.name() + "')";
    if (!t.defined()) throw Error(fmt::format("{}: tangent {}{} is not defined{}", p.what, i, name, place_text(p.at)));
    if (t.shape() != x.shape())
      throw ShapeError(fmt::format("{}: tangent {} has shape {} and its input{} has shape {}; they need to be the same{}", p.what, i,
                                   t.shape(), name, x.shape(), place_text(p.at)));
    if (t.dtype() != x.dtype())
      throw DtypeError(fmt::format("{}: tangent {} is {} and its input{} is {}; they need to be the same{}", p.what, i, name_of(t.dtype()),
                                   name, name_of(x.dtype()), place_text(p.at)));
  }
}

/// Forward mode for one problem; may be run any number of times.
class Pushing {
 public:
  explicit Pushing(const Problem& p) : y_(p.y), forward_(history_of(p), p.differentiable), targets_(p.x) {
    const auto& items = forward_.history().items;
    for (std::size_t i = 0; i < items.size(); ++i)
      for (const Targets::Target& target : targets_.of(items[i].node)) places_.push_back({i, target.variable});
  }

  /// The tangent of y; an undefined one stands for zeros.
  Tensor operator()(const List& tangents) {
    for (const Place& place : places_) {
      const Tensor& t = tangents[place.variable];
      const Node* const node = forward_.history().items[place.item].node;
      if (t.defined()) forward_.add(place.item, t.dtype() == node->value.dtype() ? t : Tensor(t.value().astype(node->value.dtype())));
    }
    const Tensor result = forward_.run();
    return result.defined() ? result : zeros_like(y_);
  }

 private:
  struct Place {
    std::size_t item, variable;
  };

  static History history_of(const Problem& p) {
    Node* const root = p.y.node();
    History history = History::of({&root, 1}, p.since, History::Outside::left_out);
    check_not_released(p.what, history, p.at);
    return history;
  }

  Tensor y_;
  Forward forward_;
  Targets targets_;
  std::vector<Place> places_;
};

Tensor push(const Problem& p, const List& tangents) {
  check_tangents(p, tangents);
  return linked(p, Pushing(p)(tangents));
}

/// The tensor that is 1 at `position` and 0 elsewhere.
Tensor one_hot(const Tensor& like, std::size_t position) {
  Array result = Array::zeros(like.shape(), like.dtype());
  visit(result.dtype(), [&](auto t) { result.mutable_data<decltype(t)>()[position] = static_cast<decltype(t)>(1); });
  return Tensor(std::move(result));
}

/// The tensors as rows of a matrix of n columns.
Tensor rows_of(const List& tensors, std::size_t n, Dtype dtype, bool differentiable) {
  if (tensors.empty() || n == 0) return Tensor(Array::zeros({tensors.size(), n}, dtype));
  if (differentiable) {
    List rows;
    for (const Tensor& t : tensors) rows.push_back(reshape(t, {1, n}));
    return join(std::move(rows), 0);
  }
  Array result({tensors.size(), n}, dtype);
  auto* to = static_cast<char*>(result.mutable_raw());
  for (const Tensor& t : tensors) {
    std::memcpy(to, t.value().raw(), t.value().bytes());
    to += t.value().bytes();
  }
  return Tensor(std::move(result));
}

Shape joined_shape(const Problem& p, const Shape& y, const Shape& x) {
  if (y.rank() + x.rank() > max_rank)
    throw ShapeError(fmt::format("{}: the result's shape {} and the input's {} make {} axes; an array has up to {}{}", p.what, y, x,
                                 y.rank() + x.rank(), max_rank, place_text(p.at)));
  Shape result = y;
  for (const std::size_t length : x) result.push_back(length);
  return result;
}

List jacobian_by_rows(const Problem& p) {
  Reverse reverse = p.reverse();
  std::vector<List> rows(p.x.size());
  for (std::size_t i = 0; i < p.y.size(); ++i) {
    const Tensor seed = one_hot(p.y, i);
    List row = reverse({&seed, 1});
    for (std::size_t k = 0; k < row.size(); ++k) rows[k].push_back(std::move(row[k]));
  }
  const RuleContext scope(p.at, p.differentiable);
  List result;
  for (std::size_t k = 0; k < p.x.size(); ++k)
    result.push_back(
        reshape(rows_of(rows[k], p.x[k].size(), p.x[k].dtype(), p.differentiable), joined_shape(p, p.y.shape(), p.x[k].shape())));
  return result;
}

List jacobian_by_columns(const Problem& p) {
  Pushing push(p);
  List result;
  for (std::size_t k = 0; k < p.x.size(); ++k) {
    List columns;
    for (std::size_t j = 0; j < p.x[k].size(); ++j) {
      List tangents(p.x.size());
      tangents[k] = one_hot(p.x[k], j);
      columns.push_back(push(tangents));
    }
    const RuleContext scope(p.at, p.differentiable);
    const Tensor matrix = transpose(rows_of(columns, p.y.size(), p.y.dtype(), p.differentiable));
    result.push_back(astype(reshape(matrix, joined_shape(p, p.y.shape(), p.x[k].shape())), p.x[k].dtype()));
  }
  return result;
}

List jacobian_of(const Problem& p, JacobianMode mode) {
  std::size_t columns = 0;
  for (const Tensor& x : p.x) {
    joined_shape(p, p.y.shape(), x.shape());
    columns += x.size();
  }
  // Measured: one pass forward costs as much as about three backward.
  const bool forward = mode == JacobianMode::forward || (mode == JacobianMode::automatic && 3 * columns < p.y.size());
  return linked(p, forward ? jacobian_by_columns(p) : jacobian_by_rows(p));
}

List first_derivatives(const Problem& p) {
  check_number(p);
  Problem first = p;
  first.differentiable = true;
  const Tensor one = ones_like(p.y);
  return first.reverse()({&one, 1});
}

std::vector<List> hessian_of(const Problem& p) {
  std::vector<List> result;
  const List first = first_derivatives(p);
  for (std::size_t i = 0; i < first.size(); ++i) {
    Problem row = p;
    row.y = first[i];
    result.push_back(jacobian_of(row, JacobianMode::reverse));
  }
  return result;
}

List hvp_of(const Problem& p, const List& v) {
  check_tangents(p, v);
  const List first = first_derivatives(p);
  return linked(p, Reverse(p.what, first, p.x, p.since, p.differentiable, p.at)(v));
}

}  // namespace

Jvp jvp(FunctionRef f, const List& x, const List& tangents, const DerivativeOptions& options, SourceLocation at) {
  const Problem p = call("jvp", f, x, is_differentiable(options.differentiable, x, tangents), at);
  return {p.value(), push(p, tangents)};
}

VjpList vjp(FunctionRef f, const List& x, const DerivativeOptions& options, SourceLocation at) {
  const Problem p = call("vjp", f, x, is_differentiable(options.differentiable, x), at);
  return {p.value(), PullList(p.y, p.x, options.differentiable.value_or(p.differentiable))};
}

List jacobian(FunctionRef f, const List& x, const JacobianOptions& options, SourceLocation at) {
  return jacobian_of(call("jacobian", f, x, is_differentiable(options.differentiable, x), at), options.mode);
}

std::vector<List> hessian(FunctionRef f, const List& x, const DerivativeOptions& options, SourceLocation at) {
  return hessian_of(call("hessian", f, x, is_differentiable(options.differentiable, x), at));
}

List hvp(FunctionRef f, const List& x, const List& v, const DerivativeOptions& options, SourceLocation at) {
  return hvp_of(call("hvp", f, x, is_differentiable(options.differentiable, x, v), at), v);
}

namespace {

/// Makes variables of the floating tensors of a list; the others stay as they are.
ValueAndGrads by_arguments(FunctionRef f, const List& x, const DerivativeOptions& options, SourceLocation at) {
  List floating;
  for (const Tensor& t : x)
    if (!t.defined() || is_floating(t.dtype())) floating.push_back(t);
  struct Mixed {
    FunctionRef f;
    const List& x;
  } mixed{f, x};
  const auto with_others = [](void* self, const List& variables) {
    const auto& m = *static_cast<const Mixed*>(self);
    List all = m.x;
    std::size_t next = 0;
    for (Tensor& t : all)
      if (is_floating(t.dtype())) t = variables[next++];
    return m.f(all);
  };
  const Problem p = call("value_and_grad", {&mixed, with_others}, floating, is_differentiable(options.differentiable, x), at);
  check_number(p);
  const Tensor one = ones_like(p.y);
  List found = linked(p, p.reverse()({&one, 1}));
  ValueAndGrads result{p.value(), List(x.size())};
  for (std::size_t i = 0, next = 0; i < x.size(); ++i)
    if (is_floating(x[i].dtype())) result.grads[i] = std::move(found[next++]);
  return result;
}

}  // namespace

ValueAndGrads value_and_grad(FunctionRef f, const List& x, const std::vector<ParameterRef>* parameters, const DerivativeOptions& options,
                             SourceLocation at) {
  if (!parameters) return by_arguments(f, x, options, at);
  Tensor y;
  {
    const RecordScope record;
    y = f(x);
  }
  const Problem p = recorded("value_and_grad", y, Variables(*parameters), options.differentiable, at);
  check_number(p);
  const Tensor one = ones_like(y);
  List grads = linked(p, p.reverse()({&one, 1}));
  return {p.value(), std::move(grads)};
}

}  // namespace detail

std::vector<Tensor> PullList::operator()(const Tensor& v, SourceLocation at) const {
  const bool differentiable = differentiable_ || (is_recording() && v.has_history());
  const detail::Problem p{"vjp", y_, variables_, 0, differentiable, at};
  return detail::linked(p, detail::gradients("vjp", y_, variables_, {.differentiable = differentiable, .seed = v}, at));
}

Tensor jvp(const Tensor& y, const Variables& x, const std::vector<Tensor>& tangents, const DerivativeOptions& options, SourceLocation at) {
  return detail::push(detail::recorded("jvp", y, x, options.differentiable, at), tangents);
}

std::vector<Tensor> jacobian(const Tensor& y, const Variables& x, const JacobianOptions& options, SourceLocation at) {
  return detail::jacobian_of(detail::recorded("jacobian", y, x, options.differentiable, at), options.mode);
}

std::vector<std::vector<Tensor>> hessian(const Tensor& y, const Variables& x, const DerivativeOptions& options, SourceLocation at) {
  return detail::hessian_of(detail::recorded("hessian", y, x, options.differentiable, at));
}

std::vector<Tensor> hvp(const Tensor& y, const Variables& x, const std::vector<Tensor>& v, const DerivativeOptions& options,
                        SourceLocation at) {
  return detail::hvp_of(detail::recorded("hvp", y, x, options.differentiable, at), v);
}

}  // namespace reel
