#include <reel/core/kernels/elementwise.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/kernels/integer.hpp>
#include <reel/core/kernels/simd/map.hpp>

namespace reel::kernels {

namespace {

using Integer64 = std::uint64_t;  // integers wrap around; on signed ones that would be undefined

/// Applies a function to single elements, for types without SIMD vectors (integers, bool) and for functions that change the type. The
/// compiler vectorises it.
template <class Out, class F, class... In>
void scalar_tile(const void* formula, const void* const* in, void* const* out, std::size_t n) {
  const F& f = *static_cast<const F*>(formula);
  auto* const y = static_cast<Out*>(out[0]);
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    for (std::size_t i = 0; i < n; ++i) y[i] = static_cast<Out>(f(static_cast<const In*>(in[I])[i]...));
  }
  (std::index_sequence_for<In...>{});
}

template <class Out, class... In, class F, class... X>
Array map_elements(const Shape& shape, const F& f, const X&... x) {
  static_assert(std::is_trivially_copyable_v<F>);
  const Array* const in[] = {&x...};
  (check_dtypes(std::array<const Array*, 1>{&x}, dtype_of<In>()), ...);
  return map_formula({scalar_tile<Out, F, In...>, &f}, shape, dtype_of<Out>(), in);
}

Shape common_shape(std::string_view op, const Array& a, const Array& b) {
  return a.shape() == b.shape() ? a.shape() : broadcast(op, a.shape(), b.shape());
}

/// Calls f(a, b) with both as dtype.
template <class F>
Array with_dtype(Dtype dtype, const Array& a, const Array& b, const F& f) {
  if (a.dtype() == dtype && b.dtype() == dtype) return f(a, b);
  return f(a.astype(dtype), b.astype(dtype));
}

template <class F, class G>
Array arithmetic(std::string_view op, const Array& a, const Array& b, const F& formula, const G& on_integers) {
  const Shape shape = common_shape(op, a, b);
  const Dtype dtype = promote(promote(a.dtype(), b.dtype()), boolean);
  return with_dtype(dtype == boolean ? int64 : dtype, a, b, [&](const Array& x, const Array& y) {
    if (x.dtype() == int64) return map_elements<std::int64_t, std::int64_t, std::int64_t>(shape, on_integers, x, y);
    return map_to(shape, x.dtype(), formula, x, y);
  });
}

template <class F>
Array compare(std::string_view op, const Array& a, const Array& b, const F& f) {
  const Shape shape = common_shape(op, a, b);
  return with_dtype(promote(a.dtype(), b.dtype()), a, b, [&](const Array& x, const Array& y) {
    return visit(x.dtype(), [&](auto t) {
      using T = decltype(t);
      return map_elements<bool, T, T>(shape, f, x, y);
    });
  });
}

template <class F>
Array real_function(std::string_view op, const Array& x, const F& f) {
  require_floating(op, x);
  return map_to(x.shape(), x.dtype(), f, x);
}

}  // namespace

void require_floating(std::string_view op, const Array& x) {
  if (!is_floating(x.dtype()))
    throw DtypeError(fmt::format("{}: x is {}; it needs float32 or float64 (astype converts)", op, name_of(x.dtype())));
}

Array add(const Array& a, const Array& b) {
  return arithmetic(
      "add", a, b, [](auto x, auto y) { return x + y; },
      [](std::int64_t x, std::int64_t y) { return static_cast<Integer64>(x) + static_cast<Integer64>(y); });
}

Array sub(const Array& a, const Array& b) {
  return arithmetic(
      "sub", a, b, [](auto x, auto y) { return x - y; },
      [](std::int64_t x, std::int64_t y) { return static_cast<Integer64>(x) - static_cast<Integer64>(y); });
}

Array mul(const Array& a, const Array& b) {
  return arithmetic(
      "mul", a, b, [](auto x, auto y) { return x * y; },
      [](std::int64_t x, std::int64_t y) { return static_cast<Integer64>(x) * static_cast<Integer64>(y); });
}

Array div(const Array& a, const Array& b) {
  const Shape shape = common_shape("div", a, b);
  const Dtype dtype = promote(a.dtype(), b.dtype());
  return with_dtype(is_floating(dtype) ? dtype : float32, a, b, [&](const Array& x, const Array& y) {
    return map_to(
        shape, x.dtype(), [](auto p, auto q) { return p / q; }, x, y);
  });
}

namespace {

/// Returns the position of the first element that is `wrong`, or the number of elements if there is none.
template <class F>
std::size_t first_that(const Array& x, const F& wrong) {
  const auto elements = x.span<std::int64_t>();
  return static_cast<std::size_t>(std::find_if(elements.begin(), elements.end(), wrong) - elements.begin());
}

Array whole_power(const Shape& shape, const Array& a, const Array& b) {
  if (const std::size_t i = first_that(b, [](std::int64_t y) { return y < 0; }); i < b.size())
    throw Error(fmt::format("pow: the exponent at position {} is {}; int64 has no fractions, so it has to be 0 or more (astype converts)",
                            i, b.data<std::int64_t>()[i]));
  const auto power = [](std::int64_t x, std::int64_t y) {
    Integer64 result = 1, square = static_cast<Integer64>(x);
    for (auto rest = static_cast<Integer64>(y); rest > 0; rest /= 2, square *= square)
      if (rest % 2 == 1) result *= square;
    return result;
  };
  return map_elements<std::int64_t, std::int64_t, std::int64_t>(shape, power, a, b);
}

/// f of each element of an int64 array.
template <class F>
Array whole_function(const Array& x, const F& f) {
  return map_elements<std::int64_t, std::int64_t>(x.shape(), f, x);
}

/// A bound as an int64; beyond the range there is no bound.
std::int64_t whole_bound(const char* name, double bound) {
  if (std::isfinite(bound) && bound != std::floor(bound))
    throw DtypeError(fmt::format("clamp: x is int64 and {} is {}; it needs a whole number (astype converts x)", name, bound));
  if (bound >= 0x1p63) return std::numeric_limits<std::int64_t>::max();
  return bound < -0x1p63 ? std::numeric_limits<std::int64_t>::min() : static_cast<std::int64_t>(bound);
}

}  // namespace

Array pow(const Array& a, const Array& b) {
  const Shape shape = common_shape("pow", a, b);
  const Dtype dtype = promote(a.dtype(), b.dtype());
  if (dtype == int64) return with_dtype(dtype, a, b, [&](const Array& x, const Array& y) { return whole_power(shape, x, y); });
  if (!is_floating(dtype)) require_floating("pow", a);
  if (b.size() == 1 && b.as_double(0) == 2) {  // squares are so common that they do not call pow
    return with_dtype(dtype, a, b, [&](const Array& x, const Array& y) {
      return map_to(
          shape, dtype, [](auto p, auto) { return p * p; }, x, y);
    });
  }
  return with_dtype(dtype, a, b, [&](const Array& x, const Array& y) {
    return map_to(
        shape, dtype, [](auto p, auto q) { return pow(p, q); }, x, y);
  });
}

Array maximum(const Array& a, const Array& b) {
  return arithmetic(
      "maximum", a, b, [](auto x, auto y) { return max(x, y); }, [](std::int64_t x, std::int64_t y) { return std::max(x, y); });
}

Array minimum(const Array& a, const Array& b) {
  return arithmetic(
      "minimum", a, b, [](auto x, auto y) { return min(x, y); }, [](std::int64_t x, std::int64_t y) { return std::min(x, y); });
}

Array neg(const Array& x) {
  if (is_floating(x.dtype())) return real_function("neg", x, [](auto v) { return -v; });
  return sub(Array::scalar(0, int64), x);
}

Array square(const Array& x) {
  if (is_floating(x.dtype())) return real_function("square", x, [](auto v) { return v * v; });
  return mul(x, x);
}

Array exp(const Array& x) {
  return real_function("exp", x, [](auto v) { return exp(v); });
}
Array log(const Array& x) {
  return real_function("log", x, [](auto v) { return log(v); });
}
Array sqrt(const Array& x) {
  return real_function("sqrt", x, [](auto v) { return sqrt(v); });
}
Array tanh(const Array& x) {
  return real_function("tanh", x, [](auto v) { return tanh(v); });
}
Array sigmoid(const Array& x) {
  return real_function("sigmoid", x, [](auto v) { return sigmoid(v); });
}
Array fmod(const Array& a, const Array& b) {
  const Shape shape = common_shape("fmod", a, b);
  if (a.dtype() != int64 || b.dtype() != int64)
    throw DtypeError(fmt::format("fmod: a is {} and b is {}; both need int64", name_of(a.dtype()), name_of(b.dtype())));
  if (const std::size_t i = first_that(b, [](std::int64_t y) { return y == 0; }); i < b.size())
    throw Error(fmt::format("fmod: b at position {} is 0; whole numbers have no remainder by it", i));
  const auto remainder = [](std::int64_t x, std::int64_t y) { return y == -1 ? 0 : x % y; };  // the smallest by -1 overflows
  return map_elements<std::int64_t, std::int64_t, std::int64_t>(shape, remainder, a, b);
}
Array sign(const Array& x) {
  if (x.dtype() != int64) throw DtypeError(fmt::format("sign: x is {}; it needs int64", name_of(x.dtype())));
  return whole_function(x, [](std::int64_t v) { return (v > 0) - (v < 0); });
}
Array abs(const Array& x) {
  if (x.dtype() == int64)
    return whole_function(x, [](std::int64_t v) { return v < 0 ? -static_cast<Integer64>(v) : static_cast<Integer64>(v); });
  return real_function("abs", x, [](auto v) { return abs(v); });
}
Array softplus(const Array& x) {
  return real_function("softplus", x, [](auto v) { return softplus(v); });
}
Array relu(const Array& x) {
  return real_function("relu", x, [](auto v) { return where(v < 0, 0, v); });
}
Array clamp(const Array& x, double low, double high) {
  if (x.dtype() == int64) {
    const std::int64_t least = whole_bound("low", low), most = whole_bound("high", high);
    return whole_function(x, [least, most](std::int64_t v) { return std::min(std::max(v, least), most); });
  }
  return real_function("clamp", x, [low, high](auto v) { return where(v < low, low, where(v > high, high, v)); });
}

Array equal(const Array& a, const Array& b) {
  return compare("equal", a, b, [](auto x, auto y) { return x == y; });
}
Array not_equal(const Array& a, const Array& b) {
  return compare("not_equal", a, b, [](auto x, auto y) { return x != y; });
}
Array less(const Array& a, const Array& b) {
  return compare("less", a, b, [](auto x, auto y) { return x < y; });
}
Array less_equal(const Array& a, const Array& b) {
  return compare("less_equal", a, b, [](auto x, auto y) { return x <= y; });
}
Array greater(const Array& a, const Array& b) {
  return compare("greater", a, b, [](auto x, auto y) { return x > y; });
}
Array greater_equal(const Array& a, const Array& b) {
  return compare("greater_equal", a, b, [](auto x, auto y) { return x >= y; });
}

namespace {

void require_bool(std::string_view op, const char* name, const Array& x) {
  if (x.dtype() != boolean)
    throw DtypeError(fmt::format("{}: {} is {}; it needs bool (a comparison makes one)", op, name, name_of(x.dtype())));
}

template <class F>
Array logic(std::string_view op, const Array& a, const Array& b, const F& f) {
  require_bool(op, "a", a);
  require_bool(op, "b", b);
  return map_elements<bool, bool, bool>(common_shape(op, a, b), f, a, b);
}

/// bool by a test of real numbers; of integers it is always `of_integers`.
template <class F>
Array test(const Array& x, bool of_integers, const F& f) {
  if (!is_floating(x.dtype())) return Array::full(x.shape(), of_integers, boolean);
  return x.dtype() == float32 ? map_elements<bool, float>(x.shape(), f, x) : map_elements<bool, double>(x.shape(), f, x);
}

}  // namespace

Array logical_and(const Array& a, const Array& b) {
  return logic("logical_and", a, b, [](bool x, bool y) { return x && y; });
}
Array logical_or(const Array& a, const Array& b) {
  return logic("logical_or", a, b, [](bool x, bool y) { return x || y; });
}
Array logical_xor(const Array& a, const Array& b) {
  return logic("logical_xor", a, b, [](bool x, bool y) { return x != y; });
}
Array logical_not(const Array& a) {
  require_bool("logical_not", "a", a);
  return map_elements<bool, bool>(
      a.shape(), [](bool x) { return !x; }, a);
}

Array isnan(const Array& x) {
  return test(x, false, [](auto v) { return std::isnan(v); });
}
Array isinf(const Array& x) {
  return test(x, false, [](auto v) { return std::isinf(v); });
}
Array isfinite(const Array& x) {
  return test(x, true, [](auto v) { return std::isfinite(v); });
}

Array where(const Array& condition, const Array& a, const Array& b) {
  if (condition.dtype() != boolean)
    throw DtypeError(fmt::format("where: the condition is {}; it needs bool (a comparison makes one)", name_of(condition.dtype())));
  Shape shape = common_shape("where", a, b);
  if (shape != condition.shape()) shape = broadcast("where", condition.shape(), shape);
  return with_dtype(promote(a.dtype(), b.dtype()), a, b, [&](const Array& x, const Array& y) {
    return visit(x.dtype(), [&](auto t) {
      using T = decltype(t);
      return map_elements<T, bool, T, T>(
          shape, [](bool c, T p, T q) { return c ? p : q; }, condition, x, y);
    });
  });
}

void accumulate(Array& sum, const Array& x) {
  if (sum.shape() != x.shape() || sum.dtype() != x.dtype())
    throw ShapeError(fmt::format("accumulate: sum is {} {} and x is {} {}; both need one shape and dtype", sum.shape(),
                                 name_of(sum.dtype()), x.shape(), name_of(x.dtype())));
  require_floating("accumulate", x);
  const auto add_in_place = [&](auto t) {
    using T = decltype(t);
    const auto formula = [](auto a, auto b) { return a + b; };
    void* const out[] = {sum.mutable_raw()};
    const void* const in[] = {out[0], x.raw()};
    tile_of<T, native, 2, decltype(formula)>(&formula, in, out, sum.size());
  };
  sum.dtype() == float32 ? add_in_place(float{}) : add_in_place(double{});
}

}  // namespace reel::kernels
