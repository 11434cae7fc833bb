#pragma once
// The derivatives of functions of one variable, in terms of the argument x and the result y: for packs, for dual numbers over them and
// for tensors alike, so that each is written once. The functions that they call are found where their argument's type lives.
#include <numbers>

namespace reel::slopes {

inline constexpr auto of_exp = [](const auto&, const auto& y) { return y; };
/// Not y + 1, whose digits are gone where exp(x) is small.
inline constexpr auto of_expm1 = [](const auto& x, const auto&) { return exp(x); };
inline constexpr auto of_log = [](const auto& x, const auto&) { return 1 / x; };
inline constexpr auto of_log1p = [](const auto& x, const auto&) { return 1 / (1 + x); };
inline constexpr auto of_log2 = [](const auto& x, const auto&) { return std::numbers::log2e / x; };
inline constexpr auto of_sqrt = [](const auto&, const auto& y) { return 0.5 / y; };
inline constexpr auto of_rsqrt = [](const auto& x, const auto& y) { return -0.5 * (y / x); };
inline constexpr auto of_square = [](const auto& x, const auto&) { return 2 * x; };
inline constexpr auto of_reciprocal = [](const auto&, const auto& y) { return -(y * y); };

inline constexpr auto of_sin = [](const auto& x, const auto&) { return cos(x); };
inline constexpr auto of_cos = [](const auto& x, const auto&) { return -sin(x); };
inline constexpr auto of_tan = [](const auto&, const auto& y) { return 1 + y * y; };
inline constexpr auto of_asin = [](const auto& x, const auto&) { return rsqrt((1 - x) * (1 + x)); };
inline constexpr auto of_acos = [](const auto& x, const auto&) { return -rsqrt((1 - x) * (1 + x)); };
inline constexpr auto of_atan = [](const auto& x, const auto&) { return 1 / (1 + x * x); };
inline constexpr auto of_sinh = [](const auto& x, const auto&) { return cosh(x); };
inline constexpr auto of_cosh = [](const auto& x, const auto&) { return sinh(x); };
inline constexpr auto of_tanh = [](const auto&, const auto& y) { return 1 - y * y; };
inline constexpr auto of_asinh = [](const auto& x, const auto&) { return rsqrt(1 + x * x); };
inline constexpr auto of_acosh = [](const auto& x, const auto&) { return rsqrt((x - 1) * (x + 1)); };
inline constexpr auto of_atanh = [](const auto& x, const auto&) { return 1 / ((1 - x) * (1 + x)); };

inline constexpr auto of_erf = [](const auto& x, const auto&) { return std::numbers::inv_sqrtpi * 2 * exp(-(x * x)); };
inline constexpr auto of_erfc = [](const auto& x, const auto&) { return std::numbers::inv_sqrtpi * -2 * exp(-(x * x)); };
inline constexpr auto of_lgamma = [](const auto& x, const auto&) { return digamma(x); };
inline constexpr auto of_digamma = [](const auto& x, const auto&) { return polygamma(1, x); };

inline constexpr auto of_sigmoid = [](const auto&, const auto& y) { return y * (1 - y); };
inline constexpr auto of_softplus = [](const auto& x, const auto&) { return sigmoid(x); };
/// 0 at the kink.
inline constexpr auto of_abs = [](const auto& x, const auto&) { return where(x > 0, 1.0, where(x < 0, -1.0, 0.0)); };

// Functions of two variables, by the first and by the second; y is the result.

/// The conditions keep 0·inf out where the limit is 0: a^0 does not depend on a, nor 0^b on b.
inline constexpr auto of_pow_by_base = [](const auto& a, const auto& b, const auto&) {
  return where(b == 0, 0.0, b * pow(where(b == 0, 1.0, a), b - 1));
};
inline constexpr auto of_pow_by_exponent = [](const auto& a, const auto&, const auto& y) {
  return where(a == 0, 0.0, y * log(where(a == 0, 1.0, a)));
};
/// Divided twice, since the square of the length may overflow; 0 at the origin.
inline constexpr auto of_atan2_by_y = [](const auto& y, const auto& x, const auto&) {
  const auto length = hypot(where(x == 0 && y == 0, 1.0, y), x);
  return x / length / length;
};
inline constexpr auto of_atan2_by_x = [](const auto& y, const auto& x, const auto&) {
  const auto length = hypot(y, where(x == 0 && y == 0, 1.0, x));
  return -(y / length / length);
};
/// 0 at the origin.
inline constexpr auto of_hypot_by_a = [](const auto& a, const auto&, const auto& y) { return a / where(y == 0, 1.0, y); };
inline constexpr auto of_hypot_by_b = [](const auto&, const auto& b, const auto& y) { return b / where(y == 0, 1.0, y); };

}  // namespace reel::slopes
