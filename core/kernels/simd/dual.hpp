#pragma once
// Dual numbers: a value and its derivatives in M directions, carried through a formula by the chain rule (forward mode). The parts may be
// dual numbers themselves, which gives higher derivatives. An operand that is not dual counts as a constant: no derivative is computed for
// it.
#include <array>
#include <concepts>
#include <type_traits>
#include <utility>

#include <reel/core/kernels/simd/derivative_math.hpp>
#include <reel/core/kernels/simd/derivatives.hpp>
#include <reel/core/kernels/simd/vec_special.hpp>

namespace reel::kernels {

template <class X, std::size_t M>
struct Dual;

namespace detail {

template <class X>
inline constexpr bool is_dual = false;
template <class X, std::size_t M>
inline constexpr bool is_dual<Dual<X, M>> = true;

/// A constant beside dual numbers over X: a number, or a type that converts to X because it is nested less deeply.
template <class C, class X>
concept Constant = Number<C> || std::convertible_to<C, X>;

/// The result type of an operation: one operand is the dual number D, the other is D too or a constant beside it.
template <class A, class B>
struct Joint {};
template <class X, std::size_t M>
struct Joint<Dual<X, M>, Dual<X, M>> {
  using type = Dual<X, M>;
};
template <class X, std::size_t M, Constant<X> C>
struct Joint<Dual<X, M>, C> {
  using type = Dual<X, M>;
};
template <class X, std::size_t M, Constant<X> C>
struct Joint<C, Dual<X, M>> {
  using type = Dual<X, M>;
};
template <class A, class B>
using DualOf = typename Joint<A, B>::type;

}  // namespace detail

template <class X, std::size_t M>
struct Dual {
  X v;
  std::array<X, M> d;

  Dual() = default;
  Dual(const X& value, const std::array<X, M>& slopes) : v(value), d(slopes) {}
  template <detail::Constant<X> C>
  Dual(const C& constant) : v(constant) {
    d.fill(X(0));
  }

  template <class B>
  Dual& operator+=(const B& b) {
    return *this = *this + b;
  }
  template <class B>
  Dual& operator-=(const B& b) {
    return *this = *this - b;
  }
  template <class B>
  Dual& operator*=(const B& b) {
    return *this = *this * b;
  }
  template <class B>
  Dual& operator/=(const B& b) {
    return *this = *this / b;
  }
};

namespace detail {

template <class D, class F>
D dual(const decltype(D::v)& value, const F& slope) {
  D y;
  y.v = value;
  for (std::size_t i = 0; i < y.d.size(); ++i) y.d[i] = slope(i);
  return y;
}

/// The value without any derivatives, for comparisons.
template <class X>
const X& primal(const X& x) {
  return x;
}
template <class X, std::size_t M>
const auto& primal(const Dual<X, M>& x) {
  return primal(x.v);
}

template <class X>
const X& value(const X& x) {
  return x;
}
template <class X, std::size_t M>
const X& value(const Dual<X, M>& x) {
  return x.v;
}

/// y = f(x) by the chain rule; slope(x, y) is the derivative f'.
template <class X, std::size_t M, class S>
Dual<X, M> chain(const Dual<X, M>& x, const X& y, const S& slope) {
  const X s = slope(x.v, y);
  return dual<Dual<X, M>>(y, [&](std::size_t i) { return s * x.d[i]; });
}

template <class X>
struct Innermost {
  using type = X;
};
template <class X, std::size_t M>
struct Innermost<Dual<X, M>> : Innermost<X> {};

/// The value of an operand beside others of type D: numbers become SIMD vectors, other constants stay unchanged.
template <class D, class X>
auto value_beside(const X& x) {
  if constexpr (is_dual<X>) {
    return x.v;
  } else if constexpr (Number<X>) {
    return typename Innermost<D>::type(x);
  } else {
    return x;
  }
}

template <class T, unsigned A>
Mask<T, A> is_zero(const Vec<T, A>& x) {
  return x == 0;
}
template <class X, std::size_t M>
auto is_zero(const Dual<X, M>& x) {
  auto zero = is_zero(x.v);
  for (const X& d : x.d) zero = zero && is_zero(d);
  return zero;
}

/// slope·d, but 0 where d is 0, even if the derivative does not exist: for negative a, a^b is differentiable with respect to a, but not to
/// b.
template <class X>
X along(const X& slope, const X& d) {
  return where(is_zero(d), X(0), slope * d);
}

/// f(a, b) by the chain rule, with one derivative per operand; the derivative with respect to a constant is not computed.
template <class D, class A, class B, class F, class SA, class SB>
D chain(const A& a, const B& b, const F& f, const SA& slope_a, const SB& slope_b) {
  using X = decltype(D::v);
  if constexpr (is_dual<A> && is_dual<B> && std::is_same_v<A, B>) {
    const X y = f(a.v, b.v), s = slope_a(a.v, b.v, y), t = slope_b(a.v, b.v, y);
    return dual<D>(y, [&](std::size_t i) { return along(s, a.d[i]) + along(t, b.d[i]); });
  } else if constexpr (std::is_same_v<A, D>) {
    const auto q = value_beside<D>(b);
    const X y = f(a.v, q), s = slope_a(a.v, q, y);
    return dual<D>(y, [&](std::size_t i) { return s * a.d[i]; });
  } else {
    const auto p = value_beside<D>(a);
    const X y = f(p, b.v), t = slope_b(p, b.v, y);
    return dual<D>(y, [&](std::size_t i) { return t * b.d[i]; });
  }
}

}  // namespace detail

template <class X, std::size_t M>
Dual<X, M> operator-(const Dual<X, M>& a) {
  return detail::dual<Dual<X, M>>(-a.v, [&](std::size_t i) { return -a.d[i]; });
}
template <class X, std::size_t M>
Dual<X, M> operator+(const Dual<X, M>& a) {
  return a;
}

template <class A, class B, class D = detail::DualOf<A, B>>
D operator+(const A& a, const B& b) {
  if constexpr (!detail::is_dual<B>) {
    return D(a.v + b, a.d);
  } else if constexpr (!detail::is_dual<A>) {
    return D(a + b.v, b.d);
  } else {
    return detail::dual<D>(a.v + b.v, [&](std::size_t i) { return a.d[i] + b.d[i]; });
  }
}
template <class A, class B, class D = detail::DualOf<A, B>>
D operator-(const A& a, const B& b) {
  if constexpr (!detail::is_dual<B>) {
    return D(a.v - b, a.d);
  } else if constexpr (!detail::is_dual<A>) {
    return detail::dual<D>(a - b.v, [&](std::size_t i) { return -b.d[i]; });
  } else {
    return detail::dual<D>(a.v - b.v, [&](std::size_t i) { return a.d[i] - b.d[i]; });
  }
}
template <class A, class B, class D = detail::DualOf<A, B>>
D operator*(const A& a, const B& b) {
  if constexpr (!detail::is_dual<B>) {
    return detail::dual<D>(a.v * b, [&](std::size_t i) { return a.d[i] * b; });
  } else if constexpr (!detail::is_dual<A>) {
    return detail::dual<D>(a * b.v, [&](std::size_t i) { return a * b.d[i]; });
  } else {
    return detail::dual<D>(a.v * b.v, [&](std::size_t i) { return a.d[i] * b.v + a.v * b.d[i]; });
  }
}
template <class A, class B, class D = detail::DualOf<A, B>>
D operator/(const A& a, const B& b) {
  if constexpr (!detail::is_dual<B>) {
    return detail::dual<D>(a.v / b, [&](std::size_t i) { return a.d[i] / b; });
  } else if constexpr (!detail::is_dual<A>) {
    const auto y = a / b.v;
    const auto slope = -(y / b.v);
    return detail::dual<D>(y, [&](std::size_t i) { return slope * b.d[i]; });
  } else {
    const auto y = a.v / b.v;
    return detail::dual<D>(y, [&](std::size_t i) { return (a.d[i] - y * b.d[i]) / b.v; });
  }
}

// Comparisons compare the values.
template <class A, class B, class = detail::DualOf<A, B>>
auto operator<(const A& a, const B& b) {
  return detail::primal(a) < detail::primal(b);
}
template <class A, class B, class = detail::DualOf<A, B>>
auto operator<=(const A& a, const B& b) {
  return detail::primal(a) <= detail::primal(b);
}
template <class A, class B, class = detail::DualOf<A, B>>
auto operator>(const A& a, const B& b) {
  return detail::primal(a) > detail::primal(b);
}
template <class A, class B, class = detail::DualOf<A, B>>
auto operator>=(const A& a, const B& b) {
  return detail::primal(a) >= detail::primal(b);
}
template <class A, class B, class = detail::DualOf<A, B>>
auto operator==(const A& a, const B& b) {
  return detail::primal(a) == detail::primal(b);
}
template <class A, class B, class = detail::DualOf<A, B>>
auto operator!=(const A& a, const B& b) {
  return detail::primal(a) != detail::primal(b);
}
template <class X, std::size_t M>
auto isnan(const Dual<X, M>& x) {
  return isnan(detail::primal(x));
}
template <class X, std::size_t M>
auto isinf(const Dual<X, M>& x) {
  return isinf(detail::primal(x));
}
template <class X, std::size_t M>
auto isfinite(const Dual<X, M>& x) {
  return isfinite(detail::primal(x));
}

/// The value and the derivatives of the selected side; those of the other side, even NaN, have no effect.
template <class T, unsigned Isa, class A, class B, class D = detail::DualOf<A, B>>
D where(Mask<T, Isa> mask, const A& a, const B& b) {
  const auto slope = [](const auto& x, std::size_t i) {
    if constexpr (detail::is_dual<std::remove_cvref_t<decltype(x)>>) {
      return x.d[i];
    } else {
      return decltype(D::v)(0);
    }
  };
  using X = decltype(D::v);
  return detail::dual<D>(where(mask, X(detail::value(a)), X(detail::value(b))),
                         [&](std::size_t i) { return where(mask, slope(a, i), slope(b, i)); });
}

/// Where both are equal, the derivative is the mean of both derivatives.
template <class A, class B, class D = detail::DualOf<A, B>>
D max(const A& a, const B& b) {
  const D p(a), q(b);
  const auto above = p > q, below = p < q;
  return detail::dual<D>(max(p.v, q.v), [&](std::size_t i) { return where(above, p.d[i], where(below, q.d[i], 0.5 * (p.d[i] + q.d[i]))); });
}
template <class A, class B, class D = detail::DualOf<A, B>>
D min(const A& a, const B& b) {
  const D p(a), q(b);
  const auto above = p > q, below = p < q;
  return detail::dual<D>(min(p.v, q.v), [&](std::size_t i) { return where(below, p.d[i], where(above, q.d[i], 0.5 * (p.d[i] + q.d[i]))); });
}

template <class A, class B, class D = detail::DualOf<A, B>>
D pow(const A& a, const B& b) {
  const auto f = [](const auto& p, const auto& q) { return pow(p, q); };
  if constexpr (detail::is_dual<B>) {
    return detail::chain<D>(a, b, f, derivatives::of_pow_by_base, derivatives::of_pow_by_exponent);
  } else {
    return detail::chain<D>(a, b, f, derivatives::of_pow, derivatives::of_pow_by_exponent);
  }
}
template <class A, class B, class D = detail::DualOf<A, B>>
D atan2(const A& y, const B& x) {
  return detail::chain<D>(
      y, x, [](const auto& p, const auto& q) { return atan2(p, q); }, derivatives::of_atan2_by_y, derivatives::of_atan2_by_x);
}
/// With shares u = a/y and v = b/y, du = v·(v·da - u·db)/y: differentiating the quotient would leave 1 - u², which cancels.
template <class A, class B, class X, std::size_t M>
Dual<X, M> share_of_length(const A& first, const B& second, const Dual<X, M>& y) {
  const Dual<X, M> a(first), b(second);
  const X u = share_of_length(a.v, b.v, y.v), v = share_of_length(b.v, a.v, y.v), slope = v / where(y.v == 0, X(1), y.v);
  return detail::dual<Dual<X, M>>(u, [&](std::size_t i) { return slope * (v * a.d[i] - u * b.d[i]); });
}
template <class A, class B, class D = detail::DualOf<A, B>>
D hypot(const A& a, const B& b) {
  return detail::chain<D>(
      a, b, [](const auto& p, const auto& q) { return hypot(p, q); }, derivatives::of_hypot_by_a, derivatives::of_hypot_by_b);
}
/// a - b·n with a whole number n, whose derivative is 0.
template <class A, class B, class D = detail::DualOf<A, B>>
D fmod(const A& a, const B& b) {
  const auto p = detail::primal(D(a)), q = detail::primal(D(b)), y = fmod(p, q);
  const auto n = round((p - y) / q);
  const D result = D(a) - n * D(b);
  return detail::dual<D>(fmod(D(a).v, D(b).v), [&](std::size_t i) { return result.d[i]; });
}

}  // namespace reel::kernels
