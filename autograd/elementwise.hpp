#pragma once
// Opt-in header: ops from formulas. The only public header with SIMD code in it; it needs xsimd.
#include <array>
#include <concepts>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <reel/autograd/elementwise_derivatives.hpp>
#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/autograd/record.hpp>

namespace reel {

/// The highest order of derivative of an op made by elementwise().
inline constexpr std::size_t formula_order = 4;

namespace detail {

/// The name and the rule of a formula's ops on the tape.
struct FormulaText {
  Literal name;
  RuleText rule;
};

/// The shape that a formula's inputs broadcast to. Throws DtypeError unless all are of one floating dtype.
Shape formula_shape(const char* op, const Inputs& in);
[[noreturn]] void throw_formula_order(const char* op);
std::string describe_derivative(const char* op, std::span<const std::uint8_t> by);

template <std::size_t N>
std::array<const Array*, N> pointers(const Inputs& in) {
  std::array<const Array*, N> result;
  for (std::size_t i = 0; i < N; ++i) result[i] = &in[i];
  return result;
}

template <class F, std::size_t N, std::size_t K>
Tensor record_formula(const FormulaText& text, const F& f, const Path<K>& path, std::span<const OperandRef> operands);

/// `first`, then the formula's inputs, which are the inputs of p's op from number `from` on.
inline std::vector<OperandRef> with_inputs(const Tensor& first, const Pullback& p, std::size_t from) {
  std::vector<OperandRef> operands{first};
  for (std::size_t i = from; i < p.size(); ++i) operands.emplace_back(p.input(i));
  return operands;
}

/// The rule of a formula's K-th derivative g·∂f when its gradients will be differentiated again: each gradient is an op of this kind.
template <class F, std::size_t N, std::size_t K>
Gradients differentiable_pullback(const FormulaText& text, const F& f, const Path<K>& path, const Pullback& p) {
  constexpr std::size_t first = K > 0 ? 1 : 0;
  Gradients result;
  Tensor weight = p.dy();
  if constexpr (K > 0) {
    result.push_back(p.needs(0) ? record_formula<F, N, K>(text, f, path, with_inputs(p.dy(), p, first)) : none);
    bool any = false;
    for (std::size_t n = 0; n < N; ++n) any = any || p.needs(first + n);
    if (any) weight = p.dy() * p.input(0);
  }
  for (std::size_t n = 0; n < N; ++n) {
    if (!p.needs(first + n)) {
      result.push_back(none);
    } else if constexpr (K < formula_order) {
      result.push_back(record_formula<F, N, K + 1>(text, f, path.then(n), with_inputs(weight, p, first)));
    } else {
      throw_formula_order(text.name.text);
    }
  }
  return result;
}

/// Gradients from one pass over memory, none of them differentiable; `in` holds the arguments of the pass after dy. Gradients that are not
/// needed are `none`.
template <class Pass, std::size_t In>
Gradients pull_in_one_pass(const Pass& pass, const Pullback& p, const std::array<const Array*, In>& in, const Wanted& wanted,
                           std::span<const std::uint8_t> inputs) {
  std::array<Array, kernels::max_operands> arrays;
  kernels::map_several(p.take_dy(), pass, in, wanted, arrays);
  std::array<Tensor, kernels::max_operands> gradients;
  for (std::size_t i = 0; i < wanted.count; ++i) gradients[inputs[i]] = Tensor(std::move(arrays[i]));
  Gradients result;
  for (std::size_t i = 0; i < p.size(); ++i) result.push_back(std::move(gradients[i]));
  return result;
}

template <class F, std::size_t N, std::size_t K>
Gradients fused_pullback(const FormulaText& text, const F& f, const Path<K>& path, const Pullback& p) {
  constexpr std::size_t first = K > 0 ? 1 : 0;
  std::array<const Array*, N + first> in;
  for (std::size_t i = 0; i < p.size(); ++i) in[i] = &p.input(i).value();
  Wanted wanted;
  std::uint8_t inputs[kernels::max_operands];
  std::size_t needed = 0, direction = 0;  // of the formula's own inputs
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (!p.needs(i)) continue;
    if (i >= first) {
      direction = i - first;
      ++needed;
    }
    inputs[wanted.count] = static_cast<std::uint8_t>(i);
    wanted.of[wanted.count++] = static_cast<std::uint8_t>(i);
  }
  if constexpr (K == formula_order) {
    if (needed > 0) throw_formula_order(text.name.text);
  }
  if constexpr (K > 0) {
    if (needed == 0) return differentiable_pullback<F, N, K>(text, f, path, p);
  }
  if constexpr (K < formula_order) {
    if (N > 1 && needed == 1) {
      wanted.of[wanted.count - 1] = first;
      return pull_in_one_pass(PullbackPass<F, N, K, 1>{f, path, direction}, p, in, wanted, {inputs, wanted.count});
    }
    return pull_in_one_pass(PullbackPass<F, N, K, N>{f, path, 0}, p, in, wanted, {inputs, wanted.count});
  } else {
    return {};
  }
}

/// Records g·∂f for a path (derivatives of f with respect to these inputs), as an op of (g, x...); for an empty path f itself, as an op of
/// (x...).
template <class F, std::size_t N, std::size_t K>
Tensor record_formula(const FormulaText& text, const F& f, const Path<K>& path, std::span<const OperandRef> operands) {
  const auto forward = [f, path, name = text.name](const Inputs& in) {
    const Shape shape = formula_shape(name.text, in);
    const WeightedPartial<F, N, K> formula{f, path};
    return kernels::map_all(shape, in[0].dtype(), formula, pointers<N + (K > 0 ? 1 : 0)>(in));
  };
  const auto rule = [f, path, text](const Pullback& p) {
    return p.differentiable() ? differentiable_pullback<F, N, K>(text, f, path, p) : fused_pullback<F, N, K>(text, f, path, p);
  };
  if constexpr (K == 0) {
    return record<true>(text.name, text.rule, operands, forward, rule, NoDescription{});
  } else {
    return record<true>("derivative", "dg = dy·∂f   dx = dy·g·∂²f, derived from the formula", operands, forward, rule,
                        [name = text.name, path] { return describe_derivative(name.text, path.by); });
  }
}

/// The derivatives that a rule returns as an array: the rule returns one value, or for several inputs a tuple.
template <class P, std::size_t N, class Y>
std::array<P, N> slopes_of(const Y& y) {
  if constexpr (N == 1) {
    return {P(y)};
  } else {
    static_assert(std::tuple_size_v<Y> == N, "a formula's rule returns one derivative for each input: partials(da, db, ...)");
    return std::apply([](const auto&... slope) { return std::array<P, N>{P(slope)...}; }, y);
  }
}

/// dy times the derivatives that a rule returns, for N inputs.
template <class R, std::size_t N>
struct RulePass {
  R rule;

  template <class P, class... X>
  std::array<P, N> operator()(const P& dy, const X&... x) const {
    std::array<P, N> result = slopes_of<P, N>(rule(x...));
    for (P& r : result) r = dy * r;
    return result;
  }
};

/// The same for one input, as a formula that can be differentiated again.
template <class R, std::size_t N>
struct RuleFormula {
  RulePass<R, N> pass;
  std::size_t input;

  template <class P, class... X>
  P operator()(const P& dy, const X&... x) const {
    return pass(dy, x...)[input];
  }
};

/// The gradients of a formula that has a rule; the rule takes (x..., y), or y alone.
template <class R, std::size_t N>
Gradients rule_pullback(const FormulaText& text, const R& rule, const Pullback& p) {
  constexpr std::size_t shown = TakesVecs<R, N + 1> ? N : 0;  // inputs that the rule takes
  static_assert(shown > 0 || TakesVecs<R, 1>, "a formula's rule takes the inputs and the output, or the output alone");
  const Tensor y = p.output();
  const RulePass<R, N> pass{rule};
  if (p.differentiable()) {
    std::vector<OperandRef> operands{p.dy()};
    for (std::size_t i = 0; i < shown; ++i) operands.emplace_back(p.input(i));
    operands.emplace_back(y);
    Gradients result;
    for (std::size_t n = 0; n < N; ++n) {
      using Formula = RuleFormula<R, N>;
      result.push_back(
          p.needs(n) ? record_formula<Formula, shown + 2>({"derivative", text.rule.without_notes()}, Formula{pass, n}, Path<0>{}, operands)
                     : none);
    }
    return result;
  }
  std::array<const Array*, shown + 1> in;
  for (std::size_t i = 0; i < shown; ++i) in[i] = &p.input(i).value();
  in[shown] = &y.value();
  Wanted wanted;
  for (std::size_t n = 0; n < N; ++n)
    if (p.needs(n)) wanted.of[wanted.count++] = static_cast<std::uint8_t>(n);
  return pull_in_one_pass(pass, p, in, wanted, {wanted.of, wanted.count});
}

/// Converts operands to one floating dtype: tensors of another dtype are converted on the tape, so that each gets a gradient of its own
/// dtype.
class FormulaOperands {
 public:
  FormulaOperands(Literal op, std::span<const OperandRef> operands);
  std::span<const OperandRef> get() const { return operands_; }

 private:
  std::vector<Tensor> tensors_;
  std::vector<OperandRef> converted_;
  std::span<const OperandRef> operands_;
};

struct NoRule {};

}  // namespace detail

/// An op of one to four inputs that is defined by a formula; see elementwise().
template <class F, class R = detail::NoRule>
class Elementwise {
 public:
  static_assert(std::is_trivially_copyable_v<F> && std::is_trivially_copyable_v<R>,
                "a formula captures plain data only: numbers, by value");

  Elementwise(Literal name, RuleText rule_text, const F& formula, const R& rule) : text_{name, rule_text}, formula_(formula), rule_(rule) {}

  Tensor operator()(Operand x) const requires detail::TakesVecs<F, 1> { return call<1>({x}); }
  Tensor operator()(Operand a, Operand b) const requires detail::TakesVecs<F, 2> { return call<2>({a, b}); }
  Tensor operator()(Operand a, Operand b, Operand c) const requires detail::TakesVecs<F, 3> { return call<3>({a, b, c}); }
  Tensor operator()(Operand a, Operand b, Operand c, Operand d) const requires detail::TakesVecs<F, 4> { return call<4>({a, b, c, d}); }

 private:
  template <std::size_t N>
  Tensor call(std::initializer_list<OperandRef> inputs) const {
    const detail::FormulaOperands operands(text_.name, {inputs.begin(), inputs.size()});
    if constexpr (std::is_same_v<R, detail::NoRule>) {
      return detail::record_formula<F, N>(text_, formula_, detail::Path<0>{}, operands.get());
    } else {
      const auto forward = [f = formula_, name = text_.name](const Inputs& in) {
        return kernels::map_all(detail::formula_shape(name.text, in), in[0].dtype(), f, detail::pointers<N>(in));
      };
      const auto rule = [r = rule_, text = text_](const Pullback& p) { return detail::rule_pullback<R, N>(text, r, p); };
      return detail::record<true>(text_.name, text_.rule, operands.get(), forward, rule, detail::NoDescription{});
    }
  }

  detail::FormulaText text_;
  [[no_unique_address]] F formula_;
  [[no_unique_address]] R rule_;
};

/// Makes an op from a formula: `const auto swish = elementwise("swish", [](auto x, auto beta) { return x / (1 + exp(-beta * x)); });`, then
/// swish(a, b). One to four inputs, which broadcast and promote as those of every elementwise op; float32 and float64.
///
/// The formula is a generic lambda over numbers: + - * /, comparisons and && || ! on them, where(condition, a, b), min, max, abs, sign,
/// pow, sqrt, rsqrt, exp, expm1, log, log1p, log2, sin, cos, tan, asin, acos, atan, atan2, sinh, cosh, tanh, asinh, acosh, atanh, erf,
/// erfc, lgamma, digamma, polygamma, hypot, fmod, sigmoid, softplus, floor, ceil, round, trunc, isnan, isinf, isfinite. C++ numbers of any
/// type may be mixed in, and the lambda may capture numbers by value. It cannot use `if` on its arguments: where() selects per element.
///
/// Value and derivatives are one SIMD pass each. The derivatives, mixed ones too, come from the same lambda, called with dual numbers, for
/// orders 1 to `formula_order`; higher orders throw Error. The derivative of abs at 0 is 0; min and max share the gradient equally at a
/// tie; where has the derivative of the selected side; floor, ceil, round, trunc, sign and comparisons have derivative 0.
template <detail::Callable F>
Elementwise<F> elementwise(Literal name, F formula) {
  return {name, "dx = dy·∂f/∂x for each input, derived from the formula", formula, {}};
}

/// The same with a text that states the derivatives on the tape, and optionally OpNotes on where the op has no value or a kink:
/// `elementwise("safe_log", {"dx = dy/x", notes}, formula)`.
template <detail::Callable F>
Elementwise<F> elementwise(Literal name, RuleText rule_text, F formula) {
  return {name, rule_text, formula, {}};
}

/// The same with the derivatives given, where that is faster or numerically safer: `rule` takes the inputs and the output, or the output
/// alone, and returns the derivative, or for several inputs partials(da, db, ...). Higher derivatives are derived from the rule.
template <detail::Callable F, detail::Callable R>
Elementwise<F, R> elementwise(Literal name, F formula, R rule) {
  return {name, "dx = dy·∂f/∂x for each input, by the formula's rule", formula, rule};
}
template <detail::Callable F, detail::Callable R>
Elementwise<F, R> elementwise(Literal name, RuleText rule_text, F formula, R rule) {
  return {name, rule_text, formula, rule};
}

namespace kernels {

/// The return value of a rule of several inputs: the derivative with respect to each of them.
template <class... X>
std::tuple<X...> partials(X... slopes) {
  return {slopes...};
}

}  // namespace kernels

}  // namespace reel
