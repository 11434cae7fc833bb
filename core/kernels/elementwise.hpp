#pragma once
#include <reel/core/array.hpp>

/// Numbers without derivatives: what ops' forward functions are made of. Inputs broadcast as NumPy's do and promote as PyTorch's; bool
/// counts as int64 in arithmetic. Shapes that do not broadcast are a ShapeError; functions of real numbers throw DtypeError for
/// int64 and bool.
namespace reel::kernels {

Array add(const Array& a, const Array& b);
Array sub(const Array& a, const Array& b);
Array mul(const Array& a, const Array& b);
/// Integers give float64.
Array div(const Array& a, const Array& b);
/// a to the power b; negative a only with whole b. Of int64 it wraps around, as products do, and throws Error for a negative b.
Array pow(const Array& a, const Array& b);
/// NaN in either gives NaN.
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
Array abs(const Array& x);  ///< of int64, too: its smallest number stays negative
/// log(1 + exp(x)), without overflow.
Array softplus(const Array& x);
/// max(x, 0); NaN stays.
Array relu(const Array& x);
/// min(max(x, low), high). Floating or int64, which needs whole bounds.
Array clamp(const Array& x, double low, double high);

Array equal(const Array& a, const Array& b);
Array not_equal(const Array& a, const Array& b);
Array less(const Array& a, const Array& b);
Array less_equal(const Array& a, const Array& b);
Array greater(const Array& a, const Array& b);
Array greater_equal(const Array& a, const Array& b);
/// Of bool alone; other dtypes are a DtypeError.
Array logical_and(const Array& a, const Array& b);
Array logical_or(const Array& a, const Array& b);
Array logical_xor(const Array& a, const Array& b);
Array logical_not(const Array& a);
Array isnan(const Array& x);
Array isinf(const Array& x);
Array isfinite(const Array& x);
/// a where the condition (bool) holds, else b.
Array where(const Array& condition, const Array& a, const Array& b);

/// sum += x, in place; both of one floating dtype and shape.
void accumulate(Array& sum, const Array& x);

/// Throws DtypeError naming `op` unless x is float32 or float64.
void require_floating(std::string_view op, const Array& x);

}  // namespace reel::kernels
