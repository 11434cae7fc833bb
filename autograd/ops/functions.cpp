#include <reel/autograd/ops/functions.hpp>

#include <fmt/format.h>
#include <reel/autograd/elementwise.hpp>
#include <reel/autograd/ops/detail/function.hpp>
#include <reel/core/kernels/integer.hpp>

namespace reel {

using detail::function;

constexpr OpNotes exp_notes{.domain = "exp(x) overflows above 88.7 in float32 and 709.8 in float64"};
Tensor exp(Operand x) {
  return function(
      "exp", {"dx = dy·y", exp_notes}, x, [](auto v) { return exp(v); }, derivatives::of_exp);
}
constexpr OpNotes expm1_notes{.domain = "expm1(x) overflows above 88.7 in float32 and 709.8 in float64"};
Tensor expm1(Operand x) {
  return function(
      "expm1", {"dx = dy·exp x", expm1_notes}, x, [](auto v) { return expm1(v); }, derivatives::of_expm1);
}
constexpr OpNotes log_notes{.domain = "log needs x > 0"};
Tensor log(Operand x) {
  return function(
      "log", {"dx = dy/x", log_notes}, x, [](auto v) { return log(v); }, derivatives::of_log);
}
constexpr OpNotes log1p_notes{.domain = "log1p needs x > -1"};
Tensor log1p(Operand x) {
  return function(
      "log1p", {"dx = dy/(1 + x)", log1p_notes}, x, [](auto v) { return log1p(v); }, derivatives::of_log1p);
}
constexpr OpNotes log2_notes{.domain = "log2 needs x > 0"};
Tensor log2(Operand x) {
  return function(
      "log2", {"dx = dy/(x·log 2)", log2_notes}, x, [](auto v) { return log2(v); }, derivatives::of_log2);
}
constexpr OpNotes sqrt_notes{.domain = "sqrt needs x >= 0"};
Tensor sqrt(Operand x) {
  return function(
      "sqrt", {"dx = dy/(2y)", sqrt_notes}, x, [](auto v) { return sqrt(v); }, derivatives::of_sqrt);
}
constexpr OpNotes rsqrt_notes{.domain = "rsqrt needs x > 0"};
Tensor rsqrt(Operand x) {
  return function(
      "rsqrt", {"dx = -dy·y/(2x)", rsqrt_notes}, x, [](auto v) { return rsqrt(v); }, derivatives::of_rsqrt);
}
constexpr OpNotes reciprocal_notes{.domain = "it divides by zero"};
Tensor reciprocal(Operand x) {
  return function(
      "reciprocal", {"dx = -dy·y²", reciprocal_notes}, x, [](auto v) { return 1 / v; }, derivatives::of_reciprocal);
}

Tensor sin(Operand x) {
  return function(
      "sin", "dx = dy·cos x", x, [](auto v) { return sin(v); }, derivatives::of_sin);
}
Tensor cos(Operand x) {
  return function(
      "cos", "dx = -dy·sin x", x, [](auto v) { return cos(v); }, derivatives::of_cos);
}
Tensor tan(Operand x) {
  return function(
      "tan", "dx = dy·(1 + y²)", x, [](auto v) { return tan(v); }, derivatives::of_tan);
}
constexpr OpNotes asin_notes{.domain = "asin needs |x| <= 1"};
Tensor asin(Operand x) {
  return function(
      "asin", {"dx = dy/√(1 - x²)", asin_notes}, x, [](auto v) { return asin(v); }, derivatives::of_asin);
}
constexpr OpNotes acos_notes{.domain = "acos needs |x| <= 1"};
Tensor acos(Operand x) {
  return function(
      "acos", {"dx = -dy/√(1 - x²)", acos_notes}, x, [](auto v) { return acos(v); }, derivatives::of_acos);
}
Tensor atan(Operand x) {
  return function(
      "atan", "dx = dy/(1 + x²)", x, [](auto v) { return atan(v); }, derivatives::of_atan);
}
constexpr OpNotes sinh_notes{.domain = "sinh(x) overflows beyond 89.4 in float32 and 710.4 in float64"};
Tensor sinh(Operand x) {
  return function(
      "sinh", {"dx = dy·cosh x", sinh_notes}, x, [](auto v) { return sinh(v); }, derivatives::of_sinh);
}
constexpr OpNotes cosh_notes{.domain = "cosh(x) overflows beyond 89.4 in float32 and 710.4 in float64"};
Tensor cosh(Operand x) {
  return function(
      "cosh", {"dx = dy·sinh x", cosh_notes}, x, [](auto v) { return cosh(v); }, derivatives::of_cosh);
}
Tensor tanh(Operand x) {
  return function(
      "tanh", "dx = dy·(1 - y²)", x, [](auto v) { return tanh(v); }, derivatives::of_tanh);
}
Tensor sech2(Operand x) {
  return function(
      "sech2", "dx = -2·dy·y·tanh x", x, [](auto v) { return sech2(v); }, derivatives::of_sech2);
}
Tensor asinh(Operand x) {
  return function(
      "asinh", "dx = dy/√(1 + x²)", x, [](auto v) { return asinh(v); }, derivatives::of_asinh);
}
constexpr OpNotes acosh_notes{.domain = "acosh needs x >= 1"};
Tensor acosh(Operand x) {
  return function(
      "acosh", {"dx = dy/√(x² - 1)", acosh_notes}, x, [](auto v) { return acosh(v); }, derivatives::of_acosh);
}
constexpr OpNotes atanh_notes{.domain = "atanh needs |x| < 1"};
Tensor atanh(Operand x) {
  return function(
      "atanh", {"dx = dy/(1 - x²)", atanh_notes}, x, [](auto v) { return atanh(v); }, derivatives::of_atanh);
}

Tensor erf(Operand x) {
  return function(
      "erf", "dx = dy·2/√π·exp(-x²)", x, [](auto v) { return erf(v); }, derivatives::of_erf);
}
Tensor erfc(Operand x) {
  return function(
      "erfc", "dx = -dy·2/√π·exp(-x²)", x, [](auto v) { return erfc(v); }, derivatives::of_erfc);
}
constexpr OpNotes lgamma_notes{.domain = "lgamma is infinite at 0 and at negative whole numbers"};
Tensor lgamma(Operand x) {
  return function(
      "lgamma", {"dx = dy·digamma x", lgamma_notes}, x, [](auto v) { return lgamma(v); }, derivatives::of_lgamma);
}
constexpr OpNotes digamma_notes{.domain = "digamma has no value at 0 and at negative whole numbers"};
Tensor digamma(Operand x) {
  return function(
      "digamma", {"dx = dy·polygamma(1, x)", digamma_notes}, x, [](auto v) { return digamma(v); }, derivatives::of_digamma);
}
Tensor polygamma(int n, Operand x) {
  located("polygamma", x, [n] {
    if (n < 0 || n > 60) throw Error(fmt::format("polygamma: n is {}; it has to be 0 to 60", n));
  });
  return function(
      "polygamma", "dx = dy·polygamma(n + 1, x)", x, [n](auto v) { return polygamma(n, v); },
      [n](const auto& v, const auto& y) { return derivatives::of_polygamma(n, v, y); });
}

Tensor atan2(Operand y, Operand x) {
  return elementwise("atan2", "dy' = dy·x/(x² + y²)   dx = -dy·y/(x² + y²)", [](auto p, auto q) { return atan2(p, q); })(y, x);
}
Tensor hypot(Operand a, Operand b) {
  return elementwise("hypot", "da = dy·a/y   db = dy·b/y", [](auto p, auto q) { return hypot(p, q); })(a, b);
}
Tensor fmod(Operand a, Operand b) {
  const auto fits = [](const Operand& x, const Operand& other) {
    return detail::is_whole(x) && (detail::is_whole(other) || (other.is_number() && other.number().is_whole()));
  };
  if (fits(a, b) || fits(b, a)) return detail::predicate("fmod", {a, b}, [](const Inputs& in) { return kernels::fmod(in[0], in[1]); });
  return elementwise("fmod", "da = dy   db = -dy·trunc(a/b)", [](auto p, auto q) { return fmod(p, q); })(a, b);
}

Tensor logaddexp(Operand a, Operand b) {
  // Equal infinities have no difference; each gets half of the gradient.
  const auto difference = [](auto p, auto q) { return where(isinf(p) && p == q, 0, p - q); };
  return elementwise(
      "logaddexp", "da = dy·sigmoid(a - b)   db = dy·sigmoid(b - a)",
      [difference](auto p, auto q) { return max(p, q) + log1p(exp(-abs(difference(p, q)))); },
      [difference](auto p, auto q, auto) {
        const auto d = difference(p, q);
        return partials(sigmoid(d), sigmoid(-d));
      })(a, b);
}

Tensor xlogy(Operand x, Operand y) {
  return elementwise(
      "xlogy", "dx = dy·log y   dy' = dy·x/y", [](auto p, auto q) { return where(p == 0 && !isnan(q), 0, p * log(q)); },
      [](auto p, auto q, auto) {
        const auto nothing = p == 0 && q <= 0;
        const auto inside = derivatives::defined_where(!(q < 0) || nothing, where(nothing, 1, q));
        return partials(where(nothing, 0, log(inside)), where(nothing, 0, p / inside));
      })(x, y);
}

}  // namespace reel
