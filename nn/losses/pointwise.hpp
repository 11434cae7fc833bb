#pragma once
// Elementwise losses as one op each; not installed.
#include <utility>

#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/autograd/record.hpp>
#include <reel/core/kernels/simd/map.hpp>

namespace reel::nn::detail {

inline constexpr reel::detail::NoDescription no_attributes;

/// Stands in the place of a derivative where an input gets no gradient (a label).
struct NoSlope {};

/// The gradient of input K: dy times the derivative with respect to it.
template <std::size_t K, class D, std::size_t... I>
Tensor slope(const Pullback& p, const D& derivative, std::index_sequence<I...>) {
  if constexpr (std::is_same_v<D, NoSlope>) {
    return none;
  } else {
    if (!p.needs(K)) return none;
    if (p.differentiable()) return p.dy() * derivative(p.input(I)...);
    const auto fused = [derivative](auto dy, auto... x) { return dy * derivative(x...); };
    return Tensor(kernels::map_to(p.dy().shape(), p.dy().dtype(), fused, p.dy().value(), p.input(I).value()...));
  }
}

template <std::size_t... I, class... D>
Gradients slopes(const Pullback& p, std::index_sequence<I...> all, const D&... derivatives) {
  return Gradients{slope<I>(p, derivatives, all)...};
}

template <class F, std::size_t... I>
Array values(const Inputs& in, const F& value, std::index_sequence<I...>) {
  return kernels::map_to(in[0].shape(), in[0].dtype(), value, in[I]...);
}

/// Records one op for a formula and its derivative with respect to each input. The inputs have one dtype and broadcast to the first one's
/// shape. `value` is called with SIMD vectors. The derivatives are generic: on SIMD vectors, fused with dy, each is a single pass over
/// memory; on tensors, when the gradient is differentiated in turn, each is made of ops, so that derivatives of every order exist.
/// `describe` returns the op's attributes as text; `no_attributes` stands for none.
template <class A, class F, class... D>
Tensor pointwise(Literal op, RuleText rule, std::initializer_list<OperandRef> inputs, A describe, F value, D... derivatives) {
  using All = std::index_sequence_for<D...>;
  return record_broadcasting(
      op, rule, inputs, [value](const Inputs& in) { return values(in, value, All{}); },
      [derivatives...](const Pullback& p) { return slopes(p, All{}, derivatives...); }, describe);
}

/// log(1 + u) for u >= -1: log is exact enough at the rounded 1 + u, and the quotient undoes the rounding (Kahan).
template <class T>
kernels::Vec<T> log_of_one_plus(kernels::Vec<T> u) {
  const kernels::Vec<T> w = 1 + u;
  return where(w == 1, u, log(w) * u / (w - 1));
}

/// 1 / (1 + exp(-x)), without overflow.
template <class T>
kernels::Vec<T> logistic(kernels::Vec<T> x) {
  const kernels::Vec<T> e = exp(-abs(x));
  return where(x < 0, e, 1) / (1 + e);
}
inline Tensor logistic(const Tensor& x) { return sigmoid(x); }

/// log(1 + exp(x)), without overflow.
template <class T>
kernels::Vec<T> log_of_one_plus_exp(kernels::Vec<T> x) {
  return max(x, 0) + log_of_one_plus(exp(-abs(x)));
}
inline Tensor log_of_one_plus_exp(const Tensor& x) { return softplus(x); }

}  // namespace reel::nn::detail
