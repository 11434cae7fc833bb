#pragma once
#include <reel/autograd/function.hpp>
#include <reel/autograd/gradients.hpp>
#include <reel/core/mistake.hpp>

/// Derivatives as functions. Each takes either a recorded result y and the tensors to differentiate with respect to (variables, parameters,
/// intermediate results), or a function f and the point at which to differentiate it:
///
///     jacobian(y, x)      jacobian(y, {x, w})      jacobian(f, x)      jacobian(f, {x, w})
///
/// With one tensor, f takes that tensor and the result is one tensor; with a list, f takes a list of tensors, or as many tensors as the
/// list has, and the result is a list with one element per input. f is called once, with copies of the inputs. Where inputs have a history,
/// these copies are connected to it, and so are the results, unless `differentiable` says otherwise. Therefore all of these functions
/// compose with each other and with gradients(): f may use them, and their results may be differentiated.
///
/// All throw GradientError when y (or the result of f) has no history, when an x is a constant, and when the history was released. If f
/// does not depend on an input, the derivative with respect to it is zero. Inputs and tangents must be floating (DtypeError).
namespace reel {

struct DerivativeOptions {
  /// Record a history for the result, so that it can be differentiated again. Default: for a function, true if one of its inputs or
  /// tangents has a history and recording is on; for a recorded result, false.
  std::optional<bool> differentiable = {};
};

enum class JacobianMode {
  automatic,  ///< the faster mode, chosen by the numbers of elements of x and y
  reverse,    ///< row by row: one reverse sweep per element of y
  forward,    ///< column by column: one jvp per element of x
};

struct JacobianOptions {
  JacobianMode mode = JacobianMode::automatic;
  /// As in DerivativeOptions.
  std::optional<bool> differentiable = {};
};

/// The value of a function and its directional derivative (tangent).
struct Jvp {
  Tensor value, tangent;
};

struct ValueAndGrad {
  Tensor value, grad;
};

struct ValueAndGrads {
  Tensor value;
  std::vector<Tensor> grads;
};

/// Maps v, of y's shape and dtype, to vᵀ J, one tensor per input; v defaults to 1 if y is a scalar. May be called any number of times.
class PullList {
 public:
  std::vector<Tensor> operator()(const Tensor& v = {}, SourceLocation at = SourceLocation::here()) const;

  PullList(Tensor y, std::vector<Tensor> variables, bool differentiable)
      : y_(std::move(y)), variables_(std::move(variables)), differentiable_(differentiable) {}

 private:
  Tensor y_;
  std::vector<Tensor> variables_;
  bool differentiable_;
};

/// The same for one input.
class Pull {
 public:
  explicit Pull(PullList pull) : pull_(std::move(pull)) {}
  Tensor operator()(const Tensor& v = {}, SourceLocation at = SourceLocation::here()) const { return pull_(v, at)[0]; }

 private:
  PullList pull_;
};

struct Vjp {
  Tensor value;
  Pull pull;
};

struct VjpList {
  Tensor value;
  PullList pull;
};

struct VmapOptions {
  /// The axis of each argument that is mapped over; std::nullopt for an argument that every call gets as a whole. Default: the first axis
  /// of every argument.
  std::vector<std::optional<std::ptrdiff_t>> in_axes = {};
  /// The axis of the result along which the results of f are stacked. Default 0.
  std::ptrdiff_t out_axis = 0;
};

namespace detail {

using List = std::vector<Tensor>;
Jvp jvp(FunctionRef f, const List& x, const List& tangents, const DerivativeOptions& options, SourceLocation at);
VjpList vjp(FunctionRef f, const List& x, const DerivativeOptions& options, SourceLocation at);
List jacobian(FunctionRef f, const List& x, const JacobianOptions& options, SourceLocation at);
std::vector<List> hessian(FunctionRef f, const List& x, const DerivativeOptions& options, SourceLocation at);
List hvp(FunctionRef f, const List& x, const List& v, const DerivativeOptions& options, SourceLocation at);
/// With respect to `parameters`, or if that is null, with respect to the floating tensors of x.
ValueAndGrads value_and_grad(FunctionRef f, const List& x, const std::vector<ParameterRef>* parameters, const DerivativeOptions& options,
                             SourceLocation at);
Tensor vmap(FunctionRef f, const List& x, const VmapOptions& options, SourceLocation at);

}  // namespace detail

/// Jacobian-vector product J v: the directional derivative of y (or f) along the tangents, one per x, of its shape and dtype. Forward mode:
/// tangents go along the tape from the oldest entry to the newest. Each entry's tangent is computed from its reverse rule, which is linear
/// in dy: ẏ = d/du Σ <rule(u), ẋ>. Hooks are not called.
Tensor jvp(const Tensor& y, const Variables& x, const std::vector<Tensor>& tangents, const DerivativeOptions& options = {},
           SourceLocation at = SourceLocation::here());
template <detail::TensorLike X>
Tensor jvp(const Tensor& y, const X& x, const Tensor& tangent, const DerivativeOptions& options = {},
           SourceLocation at = SourceLocation::here()) {
  return jvp(y, Variables{x}, std::vector<Tensor>{tangent}, options, at);
}
template <detail::Function F>
Jvp jvp(F&& f, const std::vector<Tensor>& x, const std::vector<Tensor>& tangents, const DerivativeOptions& options = {},
        SourceLocation at = SourceLocation::here()) {
  return detail::jvp(detail::of_list(f), x, tangents, options, at);
}
template <detail::Function F, detail::TensorLike X>
Jvp jvp(F&& f, const X& x, const Tensor& tangent, const DerivativeOptions& options = {}, SourceLocation at = SourceLocation::here()) {
  return detail::jvp(detail::of_one(f), {x}, {tangent}, options, at);
}

/// Vector-Jacobian product: returns f(x) and a function that maps a gradient of f(x) to the gradients of the inputs: `auto [y, pull] =
/// vjp(f, x); pull(dy)`.
template <detail::Function F>
VjpList vjp(F&& f, const std::vector<Tensor>& x, const DerivativeOptions& options = {}, SourceLocation at = SourceLocation::here()) {
  return detail::vjp(detail::of_list(f), x, options, at);
}
template <detail::Function F, detail::TensorLike X>
Vjp vjp(F&& f, const X& x, const DerivativeOptions& options = {}, SourceLocation at = SourceLocation::here()) {
  VjpList list = detail::vjp(detail::of_one(f), {x}, options, at);
  return {std::move(list.value), Pull(std::move(list.pull))};
}

/// The Jacobian dy/dx, with y's shape followed by x's, in x's dtype; one per x.
std::vector<Tensor> jacobian(const Tensor& y, const Variables& x, const JacobianOptions& options = {},
                             SourceLocation at = SourceLocation::here());
template <detail::TensorLike X>
Tensor jacobian(const Tensor& y, const X& x, const JacobianOptions& options = {}, SourceLocation at = SourceLocation::here()) {
  return jacobian(y, Variables{x}, options, at)[0];
}
template <detail::Function F>
std::vector<Tensor> jacobian(F&& f, const std::vector<Tensor>& x, const JacobianOptions& options = {},
                             SourceLocation at = SourceLocation::here()) {
  return detail::jacobian(detail::of_list(f), x, options, at);
}
template <detail::Function F, detail::TensorLike X>
Tensor jacobian(F&& f, const X& x, const JacobianOptions& options = {}, SourceLocation at = SourceLocation::here()) {
  return detail::jacobian(detail::of_one(f), {x}, options, at)[0];
}

/// The second derivatives of y, which has one element: element [i][j] of the result is d²y/dx_i dx_j, with x_i's shape followed by x_j's.
std::vector<std::vector<Tensor>> hessian(const Tensor& y, const Variables& x, const DerivativeOptions& options = {},
                                         SourceLocation at = SourceLocation::here());
template <detail::TensorLike X>
Tensor hessian(const Tensor& y, const X& x, const DerivativeOptions& options = {}, SourceLocation at = SourceLocation::here()) {
  return hessian(y, Variables{x}, options, at)[0][0];
}
template <detail::Function F>
std::vector<std::vector<Tensor>> hessian(F&& f, const std::vector<Tensor>& x, const DerivativeOptions& options = {},
                                         SourceLocation at = SourceLocation::here()) {
  return detail::hessian(detail::of_list(f), x, options, at);
}
template <detail::Function F, detail::TensorLike X>
Tensor hessian(F&& f, const X& x, const DerivativeOptions& options = {}, SourceLocation at = SourceLocation::here()) {
  return detail::hessian(detail::of_one(f), {x}, options, at)[0][0];
}

/// Hessian-vector product H v of y, which has one element; two sweeps, and H is never formed. One result per x.
std::vector<Tensor> hvp(const Tensor& y, const Variables& x, const std::vector<Tensor>& v, const DerivativeOptions& options = {},
                        SourceLocation at = SourceLocation::here());
template <detail::TensorLike X>
Tensor hvp(const Tensor& y, const X& x, const Tensor& v, const DerivativeOptions& options = {},
           SourceLocation at = SourceLocation::here()) {
  return hvp(y, Variables{x}, std::vector<Tensor>{v}, options, at)[0];
}
template <detail::Function F>
std::vector<Tensor> hvp(F&& f, const std::vector<Tensor>& x, const std::vector<Tensor>& v, const DerivativeOptions& options = {},
                        SourceLocation at = SourceLocation::here()) {
  return detail::hvp(detail::of_list(f), x, v, options, at);
}
template <detail::Function F, detail::TensorLike X>
Tensor hvp(F&& f, const X& x, const Tensor& v, const DerivativeOptions& options = {}, SourceLocation at = SourceLocation::here()) {
  return detail::hvp(detail::of_one(f), {x}, {v}, options, at)[0];
}

namespace detail {

template <class F>
class ValueAndGradOf {
 public:
  ValueAndGradOf(F&& f, const DerivativeOptions& options, SourceLocation at) : f_(std::forward<F>(f)), options_(options), at_(at) {}

  ValueAndGrads operator()(const std::vector<Tensor>& x) { return value_and_grad(of_list(f_), x, nullptr, options_, at_); }
  template <TensorLike... X>
  ValueAndGrads operator()(const X&... x) {
    return (*this)(List{x...});
  }
  template <TensorLike X>
  ValueAndGrad operator()(const X& x) {
    ValueAndGrads both = value_and_grad(of_one(f_), {x}, nullptr, options_, at_);
    return {std::move(both.value), std::move(both.grads[0])};
  }

 private:
  Kept<F> f_;
  DerivativeOptions options_;
  SourceLocation at_;
};

template <class F>
class ValueAndGradByParameters {
 public:
  ValueAndGradByParameters(F&& f, std::vector<ParameterRef> parameters, const DerivativeOptions& options, SourceLocation at)
      : f_(std::forward<F>(f)), parameters_(std::move(parameters)), options_(options), at_(at) {}

  ValueAndGrads operator()(const std::vector<Tensor>& x) { return value_and_grad(of_list(f_), x, &parameters_, options_, at_); }
  template <TensorLike... X>
  ValueAndGrads operator()(const X&... x) {
    return (*this)(List{x...});
  }
  template <TensorLike X>
  ValueAndGrads operator()(const X& x) {
    return value_and_grad(of_one(f_), {x}, &parameters_, options_, at_);
  }

 private:
  Kept<F> f_;
  std::vector<ParameterRef> parameters_;
  DerivativeOptions options_;
  SourceLocation at_;
};

template <class F>
class VmapOf {
 public:
  VmapOf(F&& f, VmapOptions options, SourceLocation at) : f_(std::forward<F>(f)), options_(std::move(options)), at_(at) {}

  Tensor operator()(const std::vector<Tensor>& x) { return vmap(of_list(f_), x, options_, at_); }
  template <TensorLike... X>
  Tensor operator()(const X&... x) {
    return (*this)(List{x...});
  }
  template <TensorLike X>
  Tensor operator()(const X& x) {
    return vmap(of_one(f_), {x}, options_, at_);
  }

 private:
  Kept<F> f_;
  VmapOptions options_;
  SourceLocation at_;
};

}  // namespace detail

/// Returns a function that computes f's value, which must have one element, and its gradients with respect to all arguments; `none` for an
/// argument that is not floating. `value_and_grad(f)(x)` returns `.value` and `.grad`; `value_and_grad(f)(x, w)` and `value_and_grad(f)({x,
/// w})` return `.value` and `.grads`.
template <detail::Function F>
auto value_and_grad(F&& f, const DerivativeOptions& options = {}, SourceLocation at = SourceLocation::here()) {
  return detail::ValueAndGradOf<F>(std::forward<F>(f), options, at);
}
/// The same with respect to parameters that f uses, such as `model.parameters()`, instead of its arguments.
template <detail::Function F>
auto value_and_grad(F&& f, std::vector<ParameterRef> parameters, const DerivativeOptions& options = {},
                    SourceLocation at = SourceLocation::here()) {
  return detail::ValueAndGradByParameters<F>(std::forward<F>(f), std::move(parameters), options, at);
}

/// Returns a function that calls f once per index of its arguments' first axes, with that axis removed, and stacks the results:
/// `vmap(f)(xs)`, `vmap(f, {.in_axes = {0, std::nullopt}})(xs, w)`. This is a loop: f runs as often as the axis is long, with any ops, and
/// the result is differentiable under the same conditions as above. Throws ShapeError when the mapped axes differ in length or are empty,
/// or when the results of f differ in shape.
template <detail::Function F>
auto vmap(F&& f, VmapOptions options = {}, SourceLocation at = SourceLocation::here()) {
  return detail::VmapOf<F>(std::forward<F>(f), std::move(options), at);
}

REEL_MISTAKE("jvp() takes f or y, x, tangents and {options}: an argument is of another type, or DerivativeOptions has no such option",
             Tensor jvp(...));
REEL_MISTAKE("vjp() takes f, x and {options}: an argument is of another type, or DerivativeOptions has no such option", Vjp vjp(...));
REEL_MISTAKE("jacobian() takes f or y, x and {options}: an argument is of another type, or JacobianOptions has no such option",
             Tensor jacobian(...));
REEL_MISTAKE("hessian() takes f or y, x and {options}: an argument is of another type, or DerivativeOptions has no such option",
             Tensor hessian(...));
REEL_MISTAKE("hvp() takes f or y, x, v and {options}: an argument is of another type, or DerivativeOptions has no such option",
             Tensor hvp(...));
REEL_MISTAKE(
    "value_and_grad() takes f or f, parameters and {options}: an argument is of another type, or DerivativeOptions has no such option",
    ValueAndGrad value_and_grad(...));
REEL_MISTAKE("vmap() takes f and {options}: an argument is of another type, or VmapOptions has no such option", Tensor vmap(...));

}  // namespace reel
