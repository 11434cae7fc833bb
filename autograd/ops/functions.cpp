#include <reel/autograd/ops/functions.hpp>

#include <fmt/format.h>
#include <reel/autograd/elementwise.hpp>
#include <reel/autograd/ops/detail/function.hpp>

namespace reel {

using detail::function;

Tensor exp(Operand x) {
  return function(
      "exp", "dx = dy·y", x, [](auto v) { return exp(v); }, slopes::of_exp);
}
Tensor expm1(Operand x) {
  return function(
      "expm1", "dx = dy·exp x", x, [](auto v) { return expm1(v); }, slopes::of_expm1);
}
Tensor log(Operand x) {
  return function(
      "log", "dx = dy/x", x, [](auto v) { return log(v); }, slopes::of_log);
}
Tensor log1p(Operand x) {
  return function(
      "log1p", "dx = dy/(1 + x)", x, [](auto v) { return log1p(v); }, slopes::of_log1p);
}
Tensor log2(Operand x) {
  return function(
      "log2", "dx = dy/(x·log 2)", x, [](auto v) { return log2(v); }, slopes::of_log2);
}
Tensor sqrt(Operand x) {
  return function(
      "sqrt", "dx = dy/(2y)", x, [](auto v) { return sqrt(v); }, slopes::of_sqrt);
}
Tensor rsqrt(Operand x) {
  return function(
      "rsqrt", "dx = -dy·y/(2x)", x, [](auto v) { return rsqrt(v); }, slopes::of_rsqrt);
}
Tensor reciprocal(Operand x) {
  return function(
      "reciprocal", "dx = -dy·y²", x, [](auto v) { return 1 / v; }, slopes::of_reciprocal);
}

Tensor sin(Operand x) {
  return function(
      "sin", "dx = dy·cos x", x, [](auto v) { return sin(v); }, slopes::of_sin);
}
Tensor cos(Operand x) {
  return function(
      "cos", "dx = -dy·sin x", x, [](auto v) { return cos(v); }, slopes::of_cos);
}
Tensor tan(Operand x) {
  return function(
      "tan", "dx = dy·(1 + y²)", x, [](auto v) { return tan(v); }, slopes::of_tan);
}
Tensor asin(Operand x) {
  return function(
      "asin", "dx = dy/√(1 - x²)", x, [](auto v) { return asin(v); }, slopes::of_asin);
}
Tensor acos(Operand x) {
  return function(
      "acos", "dx = -dy/√(1 - x²)", x, [](auto v) { return acos(v); }, slopes::of_acos);
}
Tensor atan(Operand x) {
  return function(
      "atan", "dx = dy/(1 + x²)", x, [](auto v) { return atan(v); }, slopes::of_atan);
}
Tensor sinh(Operand x) {
  return function(
      "sinh", "dx = dy·cosh x", x, [](auto v) { return sinh(v); }, slopes::of_sinh);
}
Tensor cosh(Operand x) {
  return function(
      "cosh", "dx = dy·sinh x", x, [](auto v) { return cosh(v); }, slopes::of_cosh);
}
Tensor tanh(Operand x) {
  return function(
      "tanh", "dx = dy·(1 - y²)", x, [](auto v) { return tanh(v); }, slopes::of_tanh);
}
Tensor asinh(Operand x) {
  return function(
      "asinh", "dx = dy/√(1 + x²)", x, [](auto v) { return asinh(v); }, slopes::of_asinh);
}
Tensor acosh(Operand x) {
  return function(
      "acosh", "dx = dy/√(x² - 1)", x, [](auto v) { return acosh(v); }, slopes::of_acosh);
}
Tensor atanh(Operand x) {
  return function(
      "atanh", "dx = dy/(1 - x²)", x, [](auto v) { return atanh(v); }, slopes::of_atanh);
}

Tensor erf(Operand x) {
  return function(
      "erf", "dx = dy·2/√π·exp(-x²)", x, [](auto v) { return erf(v); }, slopes::of_erf);
}
Tensor erfc(Operand x) {
  return function(
      "erfc", "dx = -dy·2/√π·exp(-x²)", x, [](auto v) { return erfc(v); }, slopes::of_erfc);
}
Tensor lgamma(Operand x) {
  return function(
      "lgamma", "dx = dy·digamma x", x, [](auto v) { return lgamma(v); }, slopes::of_lgamma);
}
Tensor digamma(Operand x) {
  return function(
      "digamma", "dx = dy·polygamma(1, x)", x, [](auto v) { return digamma(v); }, slopes::of_digamma);
}
Tensor polygamma(int n, Operand x) {
  located("polygamma", x, [n] {
    if (n < 0 || n > 60) throw Error(fmt::format("polygamma: n is {}; it has to be 0 to 60", n));
  });
  return function(
      "polygamma", "dx = dy·polygamma(n + 1, x)", x, [n](auto v) { return polygamma(n, v); },
      [n](const auto& v, const auto&) { return polygamma(n + 1, v); });
}

Tensor atan2(Operand y, Operand x) {
  return elementwise("atan2", "dy' = dy·x/(x² + y²)   dx = -dy·y/(x² + y²)", [](auto p, auto q) { return atan2(p, q); })(y, x);
}
Tensor hypot(Operand a, Operand b) {
  return elementwise("hypot", "da = dy·a/y   db = dy·b/y", [](auto p, auto q) { return hypot(p, q); })(a, b);
}
Tensor fmod(Operand a, Operand b) {
  return elementwise("fmod", "da = dy   db = -dy·trunc(a/b)", [](auto p, auto q) { return fmod(p, q); })(a, b);
}

Tensor logaddexp(Operand a, Operand b) {
  // Equal infinities have no difference, and count half each.
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
        return partials(where(nothing, 0, log(where(nothing, 1, q))), where(nothing, 0, p / where(nothing, 1, q)));
      })(x, y);
}

}  // namespace reel
