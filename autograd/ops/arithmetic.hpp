#pragma once
#include <limits>

#include <reel/autograd/ops/activations.hpp>
#include <reel/autograd/ops/functions.hpp>
#include <reel/autograd/record.hpp>
#include <reel/core/mistake.hpp>

/// Ops that work element by element. Operands broadcast as NumPy's do and promote as PyTorch's: int64
/// with float32 is float32. A number takes its partner's dtype, but a fraction beside an int64 tensor makes the result float32. Shapes
/// that do not broadcast are a ShapeError; functions of real numbers throw DtypeError for int64 and bool.
namespace reel {

Tensor add(Operand a, Operand b);
Tensor sub(Operand a, Operand b);
Tensor mul(Operand a, Operand b);
/// Integers give float32.
Tensor div(Operand a, Operand b);
/// a to the power b. At a = 0 the derivative by b is taken as 0; a negative a needs a whole b, and has no derivative by it (NaN).
Tensor pow(Operand a, Operand b);  ///< int64 gives int64, and throws Error for a negative exponent
/// Where both are equal, each gets half of the gradient. NaN in either gives NaN.
Tensor maximum(Operand a, Operand b);
Tensor minimum(Operand a, Operand b);
/// a where the condition (bool) holds, else b.
Tensor where(Operand condition, Operand a, Operand b);
/// a + weight·(b - a), which is exactly a at weight 0 and b at weight 1.
Tensor lerp(Operand a, Operand b, Operand weight);

Tensor neg(Operand x);
Tensor square(Operand x);
/// |x|; the derivative at 0 is taken as 0. Also of int64, as sign and clamp are.
Tensor abs(Operand x);
/// -1, 0 or 1; NaN stays. Its derivative is 0, as that of floor, ceil and round.
Tensor sign(Operand x);
Tensor floor(Operand x);
Tensor ceil(Operand x);
/// To the nearest whole number, halves to the even one.
Tensor round(Operand x);

/// Of plain numbers these are C's functions, also under `using namespace reel` and without <cmath>.
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
/// The same with one bound: clamp(x, {.min = 0}).
Tensor clamp(Operand x, ClampOptions bounds);
REEL_NO_SUCH_OPTION(ClampOptions, Tensor clamp(Operand, ...));
/// Converted to another dtype; the gradient is converted back.
Tensor astype(Operand x, Dtype dtype);

/// Comparisons give bool, and no gradient.
Tensor equal(Operand a, Operand b);
Tensor not_equal(Operand a, Operand b);
Tensor less(Operand a, Operand b);
Tensor less_equal(Operand a, Operand b);
Tensor greater(Operand a, Operand b);
Tensor greater_equal(Operand a, Operand b);

/// Logic on bool; other dtypes are a DtypeError. Results are bool, without a gradient.
Tensor logical_and(Operand a, Operand b);
Tensor logical_or(Operand a, Operand b);
Tensor logical_xor(Operand a, Operand b);
Tensor logical_not(Operand a);

/// Which elements are NaN, infinite, or neither: bool, without a gradient. Integers are finite.
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
/// Element by element, so both sides are always computed.
inline Tensor operator&&(Operand a, Operand b) { return logical_and(std::move(a), std::move(b)); }
inline Tensor operator||(Operand a, Operand b) { return logical_or(std::move(a), std::move(b)); }
inline Tensor operator!(Operand a) { return logical_not(std::move(a)); }

// Whether an optional parameter is there stays a question about the optional: `if (!layer.bias)`.
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

/// The handle a then refers to the new result; other handles keep the old one.
inline Tensor& operator+=(Tensor& a, Operand b) { return a = add(Operand(a, b.location()), b); }
inline Tensor& operator-=(Tensor& a, Operand b) { return a = sub(Operand(a, b.location()), b); }
inline Tensor& operator*=(Tensor& a, Operand b) { return a = mul(Operand(a, b.location()), b); }
inline Tensor& operator/=(Tensor& a, Operand b) { return a = div(Operand(a, b.location()), b); }

}  // namespace reel
