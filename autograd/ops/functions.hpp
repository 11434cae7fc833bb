#pragma once
#include <reel/autograd/record.hpp>

/// Functions of real numbers, elementwise, for float32 and float64; int64 and bool throw DtypeError. Outside a function's domain the result
/// and the derivative are NaN.
namespace reel {

Tensor exp(Operand x);
/// exp(x) - 1, accurate near 0.
Tensor expm1(Operand x);
Tensor log(Operand x);
/// log(1 + x), accurate near 0.
Tensor log1p(Operand x);
Tensor log2(Operand x);
/// √x; the derivative at 0 is infinite.
Tensor sqrt(Operand x);
/// 1 / sqrt(x)
Tensor rsqrt(Operand x);
/// 1 / x
Tensor reciprocal(Operand x);

Tensor sin(Operand x);
Tensor cos(Operand x);
Tensor tan(Operand x);
Tensor asin(Operand x);
Tensor acos(Operand x);
Tensor atan(Operand x);
Tensor sinh(Operand x);
Tensor cosh(Operand x);
Tensor tanh(Operand x);
Tensor asinh(Operand x);
Tensor acosh(Operand x);
Tensor atanh(Operand x);

/// The error function, 2/√π ∫₀ˣ exp(-t²) dt.
Tensor erf(Operand x);
/// 1 - erf(x), accurate for large x.
Tensor erfc(Operand x);
/// log |Γ(x)|
Tensor lgamma(Operand x);
/// The derivative of lgamma.
Tensor digamma(Operand x);
/// The n-th derivative of digamma. Throws Error unless n is 0 to 60.
Tensor polygamma(int n, Operand x);

/// The angle of the point (x, y), from -π to π; the derivatives at the origin are taken as 0.
Tensor atan2(Operand y, Operand x);
/// sqrt(a² + b²), without overflow; the derivatives at the origin are taken as 0.
Tensor hypot(Operand a, Operand b);
/// The remainder of a / b with the quotient rounded towards 0, so it has a's sign, as C's fmod. The quotient is a constant in the
/// derivative.
Tensor fmod(Operand a, Operand b);  ///< int64 gives int64, and throws Error where b is 0
/// log(exp(a) + exp(b)), without overflow.
Tensor logaddexp(Operand a, Operand b);
/// x · log y, and 0 where x is 0, even for y = 0. Where a derivative is infinite there (with respect to x at y = 0), it is taken as 0.
Tensor xlogy(Operand x, Operand y);

}  // namespace reel
