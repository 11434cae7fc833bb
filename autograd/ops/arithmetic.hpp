#pragma once
#include <limits>

#include <reel/autograd/ops/activations.hpp>
#include <reel/autograd/ops/functions.hpp>
#include <reel/autograd/record.hpp>
#include <reel/core/mistake.hpp>

/// Elementwise ops. Operands broadcast as in NumPy, and dtypes promote as in PyTorch: int64 with float32 gives float32. A number takes the
/// other operand's dtype, but a fraction beside an int64 tensor gives float32. Shapes that do not broadcast throw ShapeError; functions of
/// real numbers throw DtypeError for int64 and bool.
namespace reel {

Tensor add(Operand a, Operand b);
Tensor sub(Operand a, Operand b);
Tensor mul(Operand a, Operand b);
/// a / b; two integers give float32.
Tensor div(Operand a, Operand b);
/// a to the power b. At a = 0 the derivative with respect to b is taken as 0; a negative a needs an integral b, and has no derivative with
/// respect to b (NaN).
Tensor pow(Operand a, Operand b);  ///< int64 gives int64, and throws Error for a negative exponent
/// The elementwise maximum (minimum). Where both are equal, each gets half of the gradient. NaN in either operand gives NaN.
Tensor maximum(Operand a, Operand b);
Tensor minimum(Operand a, Operand b);
/// a where the condition (bool) is true, else b.
Tensor where(Operand condition, Operand a, Operand b);
/// a + weight·(b - a), which is exactly a at weight 0 and b at weight 1.
Tensor lerp(Operand a, Operand b, Operand weight);

Tensor neg(Operand x);
Tensor square(Operand x);
/// |x|; the derivative at 0 is taken as 0. Also for int64, as are sign and clamp.
Tensor abs(Operand x);
/// -1, 0 or 1; NaN for NaN. The derivative is 0, as are those of floor, ceil and round.
Tensor sign(Operand x);
Tensor floor(Operand x);
Tensor ceil(Operand x);
/// Rounds to the nearest integer, halves to the even one.
Tensor round(Operand x);

/// For plain numbers: the functions of C, also under `using namespace reel` and without <cmath>.
template <Number T>
double floor(T x) {
  return __builtin_floor(static_cast<double>(x));
}
template <Number T>
double ceil(T x) {
  return __builtin_ceil(static_cast<double>(x));
}
template <Number T>
double round(T x) {
  return __builtin_round(static_cast<double>(x));
}
template <Number A, Number B>
double pow(A a, B b) {
  return __builtin_pow(static_cast<double>(a), static_cast<double>(b));
}

struct ClampOptions {
  double min = -std::numeric_limits<double>::infinity(), max = std::numeric_limits<double>::infinity();
};
/// min(max(x, low), high); the derivative is 1 from low to high, both ends included. Throws Error when low > high.
Tensor clamp(Operand x, double low, double high);  ///< int64 needs whole bounds, else DtypeError
/// The same with one or two named bounds: clamp(x, {.min = 0}).
Tensor clamp(Operand x, ClampOptions bounds);
REEL_NO_SUCH_OPTION(ClampOptions, Tensor clamp(Operand, ...));
/// Converts x to another dtype; the gradient is converted back.
Tensor astype(Operand x, Dtype dtype);

/// Comparisons return bool and have no gradient.
Tensor equal(Operand a, Operand b);
Tensor not_equal(Operand a, Operand b);
Tensor less(Operand a, Operand b);
Tensor less_equal(Operand a, Operand b);
Tensor greater(Operand a, Operand b);
Tensor greater_equal(Operand a, Operand b);

/// Logic on bool; other dtypes throw DtypeError. The result is bool, without a gradient.
Tensor logical_and(Operand a, Operand b);
Tensor logical_or(Operand a, Operand b);
Tensor logical_xor(Operand a, Operand b);
Tensor logical_not(Operand a);

/// Whether each element is NaN, infinite, or neither: bool, without a gradient. Integers are finite.
Tensor isnan(Operand x);
Tensor isinf(Operand x);
Tensor isfinite(Operand x);

inline Tensor operator+(Operand a, Operand b) { return add(std::move(a), std::move(b)); }
inline Tensor operator-(Operand a, Operand b) { return sub(std::move(a), std::move(b)); }
inline Tensor operator*(Operand a, Operand b) { return mul(std::move(a), std::move(b)); }
inline Tensor operator/(Operand a, Operand b) { return div(std::move(a), std::move(b)); }
inline Tensor operator-(Operand x) { return neg(std::move(x)); }
inline Tensor operator==(Operand a, Operand b) { return equal(std::move(a), std::move(b)); }
inline Tensor operator!=(Operand a, Operand b) { return not_equal(std::move(a), std::move(b)); }
inline Tensor operator<(Operand a, Operand b) { return less(std::move(a), std::move(b)); }
inline Tensor operator<=(Operand a, Operand b) { return less_equal(std::move(a), std::move(b)); }
inline Tensor operator>(Operand a, Operand b) { return greater(std::move(a), std::move(b)); }
inline Tensor operator>=(Operand a, Operand b) { return greater_equal(std::move(a), std::move(b)); }
/// Elementwise, so both operands are always evaluated.
inline Tensor operator&&(Operand a, Operand b) { return logical_and(std::move(a), std::move(b)); }
inline Tensor operator||(Operand a, Operand b) { return logical_or(std::move(a), std::move(b)); }
inline Tensor operator!(Operand a) { return logical_not(std::move(a)); }

// For optional parameters `!`, `&&` and `||` still test whether there is a value: `if (!layer.bias)`.
template <std::derived_from<ParameterRef> P>
bool operator!(const std::optional<P>& p) {
  return !p.has_value();
}
template <std::derived_from<ParameterRef> P, std::derived_from<ParameterRef> Q>
bool operator&&(const std::optional<P>& p, const std::optional<Q>& q) {
  return p.has_value() && q.has_value();
}
template <std::derived_from<ParameterRef> P, std::derived_from<ParameterRef> Q>
bool operator||(const std::optional<P>& p, const std::optional<Q>& q) {
  return p.has_value() || q.has_value();
}

/// Assigns the new result to the handle a; other handles keep the old tensor.
inline Tensor& operator+=(Tensor& a, Operand b) { return a = add(Operand(a, b.location()), b); }
inline Tensor& operator-=(Tensor& a, Operand b) { return a = sub(Operand(a, b.location()), b); }
inline Tensor& operator*=(Tensor& a, Operand b) { return a = mul(Operand(a, b.location()), b); }
inline Tensor& operator/=(Tensor& a, Operand b) { return a = div(Operand(a, b.location()), b); }

}  // namespace reel
