#pragma once
#include <reel/core/array.hpp>

/// Elementwise functions without derivatives, from which the ops' forward functions are made. Inputs broadcast by NumPy's rules and are
/// promoted by PyTorch's; bool counts as int64 in arithmetic. They throw ShapeError for shapes that do not broadcast; functions of real
/// numbers throw DtypeError for int64 and bool.
namespace reel::kernels {

Array add(const Array& a, const Array& b);
Array sub(const Array& a, const Array& b);
Array mul(const Array& a, const Array& b);
/// Integers give float64.
Array div(const Array& a, const Array& b);
/// a to the power b; NaN where a is negative and b is not a whole number. int64 results wrap around, as products do; a negative int64 b
/// throws Error.
Array pow(const Array& a, const Array& b);
/// The larger (minimum: smaller) element; NaN if either is NaN.
Array maximum(const Array& a, const Array& b);
Array minimum(const Array& a, const Array& b);

Array neg(const Array& x);
Array square(const Array& x);
Array exp(const Array& x);
Array log(const Array& x);
Array sqrt(const Array& x);
Array tanh(const Array& x);
/// 1 / (1 + exp(-x))
Array sigmoid(const Array& x);
Array abs(const Array& x);  ///< also for int64, whose smallest number stays negative
/// log(1 + exp(x)), without overflow.
Array softplus(const Array& x);
/// max(x, 0); NaN stays.
Array relu(const Array& x);
/// min(max(x, low), high) for floating x, or for int64 x and whole bounds.
Array clamp(const Array& x, double low, double high);

Array equal(const Array& a, const Array& b);
Array not_equal(const Array& a, const Array& b);
Array less(const Array& a, const Array& b);
Array less_equal(const Array& a, const Array& b);
Array greater(const Array& a, const Array& b);
Array greater_equal(const Array& a, const Array& b);
/// Logical functions take bool; they throw DtypeError for other dtypes.
Array logical_and(const Array& a, const Array& b);
Array logical_or(const Array& a, const Array& b);
Array logical_xor(const Array& a, const Array& b);
Array logical_not(const Array& a);
Array isnan(const Array& x);
Array isinf(const Array& x);
Array isfinite(const Array& x);
/// a where the condition (bool) is true, else b.
Array where(const Array& condition, const Array& a, const Array& b);

/// sum += x, in place; both have the same floating dtype and the same shape.
void accumulate(Array& sum, const Array& x);

/// Throws DtypeError naming `op` unless x is float32 or float64.
void require_floating(std::string_view op, const Array& x);

}  // namespace reel::kernels
