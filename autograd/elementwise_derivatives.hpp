#pragma once
// The derivatives of a formula as formulas, by dual numbers, for elementwise.hpp.
#include <array>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <reel/core/kernels/simd/dual_math.hpp>
#include <reel/core/kernels/simd/map.hpp>

namespace reel::detail {

using kernels::Dual;
using kernels::Vec;
using kernels::Wanted;

template <std::size_t>
using VecPerIndex = Vec<float>;

template <class F, std::size_t... I>
constexpr bool takes_vecs(std::index_sequence<I...>) {
  return std::is_invocable_v<const F&, VecPerIndex<I>...>;
}
template <class F, std::size_t N>
concept TakesVecs = takes_vecs<F>(std::make_index_sequence<N>{});

template <class F>
concept Callable = std::is_class_v<F>;

/// A partial derivative: the inputs to differentiate with respect to, one after the other.
template <std::size_t K>
struct Path {
  std::array<std::uint8_t, K> by{};

  Path<K + 1> then(std::size_t input) const {
    Path<K + 1> longer;
    for (std::size_t i = 0; i < K; ++i) longer.by[i] = by[i];
    longer.by[K] = static_cast<std::uint8_t>(input);
    return longer;
  }
};
template <>
struct Path<0> {
  Path<1> then(std::size_t input) const { return {{static_cast<std::uint8_t>(input)}}; }
};

template <class P, std::size_t K>
struct NestedDual {
  using type = Dual<typename NestedDual<P, K - 1>::type, 1>;
};
template <class P>
struct NestedDual<P, 0> {
  using type = P;
};
template <class P, std::size_t K>
using Nested = typename NestedDual<P, K>::type;

/// Input n of N as a dual number of K levels, where level k is the derivative with respect to the path's k-th input.
template <std::size_t N, std::size_t K, std::size_t Whole, class P>
Nested<P, K> seeded(const P& x, [[maybe_unused]] const Path<Whole>& path, [[maybe_unused]] std::size_t n) {
  if constexpr (K == 0) {
    return x;
  } else {
    using X = Nested<P, K - 1>;
    double step = 1;
    if constexpr (N > 1) step = path.by[K - 1] == n ? 1 : 0;
    return Nested<P, K>(seeded<N, K - 1>(x, path, n), std::array<X, 1>{X(P(step))});
  }
}

template <std::size_t K, class Y>
const auto& innermost_slope(const Y& y) {
  if constexpr (K == 0) {
    return y;
  } else {
    return innermost_slope<K - 1>(y.d[0]);
  }
}

/// The partial derivative of f along a path, at x.
template <std::size_t N, std::size_t K, class F, class P, std::size_t... I>
P partial(const F& f, const Path<K>& path, const std::array<P, N>& x, std::index_sequence<I...>) {
  const Nested<P, K> y(f(seeded<N, K>(x[I], path, I)...));
  return innermost_slope<K>(y);
}
template <std::size_t N, std::size_t K, class F, class P>
P partial(const F& f, const Path<K>& path, const std::array<P, N>& x) {
  return partial<N, K>(f, path, x, std::make_index_sequence<N>{});
}

/// g times a partial derivative of f, elementwise: maps (g, x...) to one value.
template <class F, std::size_t N, std::size_t K>
struct WeightedPartial {
  F f;
  Path<K> path;

  template <class P, class... X>
  P operator()(const P& g, const X&... x) const {
    return g * partial<N, K>(f, path, std::array<P, N>{x...});
  }
};
template <class F, std::size_t N>
struct WeightedPartial<F, N, 0> {
  F f;
  Path<0> path;

  template <class... P>
  auto operator()(const P&... x) const {
    return f(x...);
  }
};

/// The gradients of WeightedPartial in one pass: maps (dy, g, x...) to the gradients of g and of M inputs; for K = 0, (dy, x...) to the
/// gradients of the inputs. M is N, for all inputs, or 1, for the input number `direction`.
template <class F, std::size_t N, std::size_t K, std::size_t M>
struct PullbackPass {
  F f;
  Path<K> path;
  std::size_t direction;

  template <class P, class... X>
  auto operator()(const P& dy, const X&... rest) const {
    constexpr std::size_t first = K > 0 ? 1 : 0;  // position of x in the rest, and of its gradient in the results
    const std::array<P, N + first> in{rest...};
    std::array<Dual<P, M>, N> x;
    for (std::size_t n = 0; n < N; ++n) {
      x[n] = Dual<P, M>(in[first + n]);
      if constexpr (M == N) {
        x[n].d[n] = P(1);
      } else {
        x[n].d[0] = P(n == direction ? 1 : 0);
      }
    }
    const Dual<P, M> y = partial<N, K>(f, path, x);
    std::array<P, M + first> result;
    P weight = dy;
    if constexpr (K > 0) {
      result[0] = dy * y.v;
      weight = dy * in[0];
    }
    for (std::size_t m = 0; m < M; ++m) result[first + m] = weight * y.d[m];
    return result;
  }
};

}  // namespace reel::detail
