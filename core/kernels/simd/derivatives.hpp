#pragma once
// The derivatives of functions of one variable, in terms of the argument x and the result y. They are generic over SIMD vectors, dual
// numbers and tensors, so that each derivative is written once. The functions that they call are found by argument-dependent lookup.
#include <limits>
#include <numbers>

namespace reel::derivatives {

/// x where the condition holds, else NaN. Derivatives of all orders are NaN there too, which a choice between constants would not give.
inline constexpr auto defined_where = [](const auto& condition, const auto& x) {
  return x * where(condition, 1.0, std::numeric_limits<double>::quiet_NaN());
};
/// x clipped to [-limit, limit]: for functions that are constant beyond the limit and whose powers of x would overflow.
template <class X>
auto bounded(const X& x, double limit) {
  return where(x > limit, limit, where(x < -limit, -limit, x));
}
/// Beyond this x, 1 + x² rounds to x² in either dtype.
inline constexpr double far = 1e9;

inline constexpr auto of_exp = [](const auto&, const auto& y) { return y; };
/// Not y + 1, which loses its digits where exp(x) is small.
inline constexpr auto of_expm1 = [](const auto& x, const auto&) { return exp(x); };
inline constexpr auto of_log = [](const auto& x, const auto&) { return 1 / defined_where(!(x < 0), x); };
inline constexpr auto of_log1p = [](const auto& x, const auto&) { return 1 / (1 + defined_where(!(x < -1), x)); };
inline constexpr auto of_log2 = [](const auto& x, const auto&) { return std::numbers::log2e / defined_where(!(x < 0), x); };
inline constexpr auto of_sqrt = [](const auto&, const auto& y) { return 0.5 / y; };
inline constexpr auto of_rsqrt = [](const auto& x, const auto& y) { return -0.5 * (y / x); };
inline constexpr auto of_square = [](const auto& x, const auto&) { return 2 * x; };
inline constexpr auto of_reciprocal = [](const auto&, const auto& y) { return -(y * y); };

inline constexpr auto of_sin = [](const auto& x, const auto&) { return cos(x); };
inline constexpr auto of_cos = [](const auto& x, const auto&) { return -sin(x); };
inline constexpr auto of_tan = [](const auto&, const auto& y) { return 1 + y * y; };
inline constexpr auto of_asin = [](const auto& x, const auto&) { return rsqrt((1 - x) * (1 + x)); };
inline constexpr auto of_acos = [](const auto& x, const auto&) { return -rsqrt((1 - x) * (1 + x)); };
inline constexpr auto of_atan = [](const auto& x, const auto&) {
  const auto inverse = 1 / where(abs(x) > far, x, 1.0), near = bounded(x, far);
  return where(abs(x) > far, inverse * inverse, 1 / (1 + near * near));
};
inline constexpr auto of_sinh = [](const auto& x, const auto&) { return cosh(x); };
inline constexpr auto of_cosh = [](const auto& x, const auto&) { return sinh(x); };
/// Not 1 - y², which loses its digits where y is near 1.
inline constexpr auto of_tanh = [](const auto& x, const auto&) { return sech2(x); };
inline constexpr auto of_sech2_by_tanh = [](const auto& t, const auto& y) { return -2 * t * y; };
inline constexpr auto of_sech2 = [](const auto& x, const auto& y) { return of_sech2_by_tanh(tanh(x), y); };
/// 1/√(1 + x²), and 1/|x| where x² could overflow.
inline constexpr auto of_asinh = [](const auto& x, const auto&) {
  const auto near = where(abs(x) > far, 1.0, x);
  return where(abs(x) > far, 1 / where(abs(x) > far, abs(x), 1.0), rsqrt(1 + near * near));
};
/// The product of two factors, since the product of their arguments may overflow, and is positive below -1 too.
inline constexpr auto of_acosh = [](const auto& x, const auto&) { return rsqrt(x - 1) * rsqrt(x + 1); };
inline constexpr auto of_atanh = [](const auto& x, const auto&) {
  const auto inside = defined_where(abs(x) <= 1, x);
  return 1 / ((1 - inside) * (1 + inside));
};

/// exp(-x²), which is 0 from 30 on.
inline constexpr auto bell = [](const auto& x) {
  const auto near = bounded(x, 30);
  return exp(-(near * near));
};
inline constexpr auto of_erf = [](const auto& x, const auto&) { return std::numbers::inv_sqrtpi * 2 * bell(x); };
inline constexpr auto of_erfc = [](const auto& x, const auto&) { return std::numbers::inv_sqrtpi * -2 * bell(x); };
inline constexpr auto of_lgamma = [](const auto& x, const auto&) { return digamma(x); };
/// The derivative of polygamma(n, x); NaN at the poles where y is NaN, though polygamma(n + 1, x) is infinite there.
inline constexpr auto of_polygamma = [](int n, const auto& x, const auto& y) { return defined_where(y == y, polygamma(n + 1, x)); };
inline constexpr auto of_digamma = [](const auto& x, const auto& y) { return of_polygamma(0, x, y); };

inline constexpr auto of_sigmoid = [](const auto& x, const auto&) { return 0.25 * sech2(0.5 * x); };
inline constexpr auto of_softplus = [](const auto& x, const auto&) { return sigmoid(x); };
/// 0 at the kink.
inline constexpr auto of_abs = [](const auto& x, const auto&) { return where(x > 0, 1.0, where(x < 0, -1.0, 0.0)); };

// Derivatives of functions of two variables with respect to the first and to the second; y is the result.

/// The conditions keep 0·inf out where the limit is 0: 0^0 does not depend on a, nor 0^b on b. A condition on b == 0 alone would make the
/// derivative there independent of b, which is wrong where a is not 0.
inline constexpr auto of_pow_by_base = [](const auto& a, const auto& b, const auto&) {
  const auto both = a == 0 && b == 0;
  return where(both, 0.0, b * pow(where(both, 1.0, a), b - 1));
};
/// For a constant exponent.
inline constexpr auto of_pow = [](const auto& a, const auto& b, const auto&) {
  return where(b == 0, 0.0, b * pow(where(b == 0, 1.0, a), b - 1));
};
/// For a constant exponent other than 0.
inline constexpr auto of_pow_not_0 = [](const auto& a, const auto& b, const auto&) { return b * pow(a, b - 1); };
inline constexpr auto of_pow_by_exponent = [](const auto& a, const auto&, const auto& y) {
  return where(a == 0, 0.0, y * log(where(a == 0, 1.0, a)));
};
/// Divides twice by the length, since its square may overflow; 0 at the origin.
inline constexpr auto of_atan2_by_y = [](const auto& y, const auto& x, const auto&) {
  const auto length = hypot(where(x == 0 && y == 0, 1.0, y), x);
  return x / length / length;
};
inline constexpr auto of_atan2_by_x = [](const auto& y, const auto& x, const auto&) {
  const auto length = hypot(y, where(x == 0 && y == 0, 1.0, x));
  return -(y / length / length);
};
/// a/y, 0 at the origin.
inline constexpr auto of_hypot_by_a = [](const auto& a, const auto& b, const auto& y) { return share_of_length(a, b, y); };
inline constexpr auto of_hypot_by_b = [](const auto& a, const auto& b, const auto& y) { return share_of_length(b, a, y); };

}  // namespace reel::derivatives
