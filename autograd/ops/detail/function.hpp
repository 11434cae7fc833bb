#pragma once
// How ops of one or two inputs are made from a function and its derivatives, which are in core/kernels/simd/derivatives.hpp.
#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/core/kernels/elementwise.hpp>
#include <reel/core/kernels/simd/derivative_math.hpp>
#include <reel/core/kernels/simd/derivatives.hpp>
#include <reel/core/kernels/simd/map.hpp>

namespace reel {

/// 1/cosh² x, the derivative of tanh.
Tensor sech2(Operand x);

namespace detail {

/// y = f(x), dx = dy · slope(x, y). The slope (derivative) is one generic lambda: on SIMD vectors, fused with dy, it is a single pass over
/// memory; on tensors, when the gradient is differentiated again, it is made of ops, so that derivatives of every order exist.
template <class F, class S>
Tensor function(Literal op, RuleText rule, const Operand& x, F f, S slope) {
  const auto forward = [f, op](const Inputs& in) {
    kernels::require_floating(op.text, in[0]);
    return kernels::map_to(in[0].shape(), in[0].dtype(), f, in[0]);
  };
  return record(op, rule, {x}, forward, [slope](const Pullback& p) {
    if (p.differentiable()) return Gradients{p.dy() * slope(p.input(0), p.output())};
    const auto fused = [slope](auto g, auto v, auto y) { return g * slope(v, y); };
    const Tensor y = p.output();
    return Gradients{Tensor(kernels::map_over(p.take_dy(), fused, p.input(0).value(), y.value()))};
  });
}

/// An op whose derivative is 0 everywhere, such as a comparison; it has no gradients.
template <class F>
Tensor predicate(Literal op, std::initializer_list<OperandRef> x, F f) {
  return record(op, "none: a step has no slope", x, f, [](const Pullback& p) {
    Gradients nothing;
    for (std::size_t i = 0; i < p.size(); ++i) nothing.push_back(none);
    return nothing;
  });
}

/// Whether x is an int64 tensor.
inline bool is_whole(const Operand& x) { return !x.is_number() && x.tensor().defined() && x.value().dtype() == int64; }

/// Whether a and b are tensors of different dtypes. Undefined tensors are left for record() to refuse.
inline bool is_mixed(const Operand& a, const Operand& b) {
  if (a.is_number() || b.is_number() || !a.tensor().defined() || !b.tensor().defined()) return false;
  return a.value().dtype() != b.value().dtype();
}

/// Records an op of two broadcasting inputs. If their dtypes differ, floating tensors are converted on the tape first, so that each gets a
/// gradient of its own dtype.
template <class F, class R>
Tensor binary(Literal op, RuleText rule, const Operand& a, const Operand& b, F f, R pullback) {
  if (!is_mixed(a, b)) return record_broadcasting(op, rule, {a, b}, f, pullback);
  const Dtype common = promote(a.value().dtype(), b.value().dtype());
  const auto converted = [common](const Operand& x) { return is_floating(x.value().dtype()) ? astype(x, common) : x.tensor(); };
  const Tensor x = converted(a), y = converted(b);
  return record_broadcasting(op, rule, {Operand(x, a.location()), Operand(y, b.location())}, f, pullback);
}

/// The gradients of y = f(a, b): dy times each derivative, given as functions of (a, b, y) as in function(); both in one pass.
template <class SA, class SB>
Gradients pull_back(const Pullback& p, const SA& slope_a, const SB& slope_b) {
  const Tensor y = p.output();
  if (p.differentiable()) {
    return Gradients{p.needs(0) ? p.dy() * slope_a(p.input(0), p.input(1), y) : none,
                     p.needs(1) ? p.dy() * slope_b(p.input(0), p.input(1), y) : none};
  }
  const Dtype dtype = p.dy().dtype();
  const Array a = p.input(0).value().astype(dtype), b = p.input(1).value().astype(dtype);
  if (p.needs(0) && p.needs(1)) {
    const auto both = [slope_a, slope_b](auto g, auto v, auto w, auto r) { return std::array{g * slope_a(v, w, r), g * slope_b(v, w, r)}; };
    std::array<Array, kernels::max_operands> gradients;
    kernels::map_several(p.take_dy(), both, std::array{&a, &b, &y.value()}, {2, {0, 1}}, gradients);
    return Gradients{Tensor(std::move(gradients[0])), Tensor(std::move(gradients[1]))};
  }
  const auto along = [&](const auto& slope) {
    const auto fused = [slope](auto g, auto v, auto w, auto r) { return g * slope(v, w, r); };
    return Tensor(kernels::map_over(p.take_dy(), fused, a, b, y.value()));
  };
  return Gradients{p.needs(0) ? along(slope_a) : none, p.needs(1) ? along(slope_b) : none};
}

}  // namespace detail

}  // namespace reel
