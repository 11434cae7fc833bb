#pragma once
#include <reel/autograd/record.hpp>

/// Ops that work element by element. Operands broadcast and promote as NumPy's do, and a number takes its partner's dtype. Shapes
/// that do not broadcast are a ShapeError; functions of real numbers throw DtypeError for int64 and bool.
namespace reel {

Tensor add(Operand a, Operand b);
Tensor sub(Operand a, Operand b);
Tensor mul(Operand a, Operand b);
/// Integers give float64.
Tensor div(Operand a, Operand b);
/// a to the power b. At a = 0 the derivative by b is taken as 0; a negative a needs a whole b, and has no derivative by it (NaN).
Tensor pow(Operand a, Operand b);
/// Where both are equal, each gets half of the gradient. NaN in either gives NaN.
Tensor maximum(Operand a, Operand b);
Tensor minimum(Operand a, Operand b);
/// a where the condition (bool) holds, else b.
Tensor where(Operand condition, Operand a, Operand b);

Tensor neg(Operand x);
Tensor square(Operand x);
Tensor exp(Operand x);
Tensor log(Operand x);
Tensor sqrt(Operand x);
Tensor tanh(Operand x);
/// 1 / (1 + exp(-x))
Tensor sigmoid(Operand x);
/// |x|; the derivative at 0 is taken as 0.
Tensor abs(Operand x);
/// log(1 + exp(x)), without overflow.
Tensor softplus(Operand x);
/// max(x, 0); the derivative at 0 is taken as 0.
Tensor relu(Operand x);
/// min(max(x, low), high); the derivative is 1 from low to high, both ends included. Throws Error when low > high.
Tensor clamp(Operand x, double low, double high);
/// Converted to another dtype; the gradient is converted back.
Tensor astype(Operand x, Dtype dtype);

/// Comparisons give bool, and no gradient.
Tensor equal(Operand a, Operand b);
Tensor not_equal(Operand a, Operand b);
Tensor less(Operand a, Operand b);
Tensor less_equal(Operand a, Operand b);
Tensor greater(Operand a, Operand b);
Tensor greater_equal(Operand a, Operand b);

inline Tensor operator+(Operand a, Operand b) { return add(a, b); }
inline Tensor operator-(Operand a, Operand b) { return sub(a, b); }
inline Tensor operator*(Operand a, Operand b) { return mul(a, b); }
inline Tensor operator/(Operand a, Operand b) { return div(a, b); }
inline Tensor operator-(Operand x) { return neg(x); }
inline Tensor operator==(Operand a, Operand b) { return equal(a, b); }
inline Tensor operator!=(Operand a, Operand b) { return not_equal(a, b); }
inline Tensor operator<(Operand a, Operand b) { return less(a, b); }
inline Tensor operator<=(Operand a, Operand b) { return less_equal(a, b); }
inline Tensor operator>(Operand a, Operand b) { return greater(a, b); }
inline Tensor operator>=(Operand a, Operand b) { return greater_equal(a, b); }

/// The handle a then refers to the new result; other handles keep the old one.
inline Tensor& operator+=(Tensor& a, Operand b) { return a = add(Operand(a, b.location()), b); }
inline Tensor& operator-=(Tensor& a, Operand b) { return a = sub(Operand(a, b.location()), b); }
inline Tensor& operator*=(Tensor& a, Operand b) { return a = mul(Operand(a, b.location()), b); }
inline Tensor& operator/=(Tensor& a, Operand b) { return a = div(Operand(a, b.location()), b); }

}  // namespace reel
