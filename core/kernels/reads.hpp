#pragma once
// Which of its arguments a generic formula reads, told by types alone: what is not read need not be computed. Not installed.
#include <cstddef>
#include <type_traits>
#include <utility>

namespace reel::kernels {

/// Stands for a number in a formula that is looked at and not run: whether it depends on the argument in question.
template <bool DependsOnIt>
struct Trace {};

template <class X>
inline constexpr bool is_trace = false;
template <bool D>
inline constexpr bool is_trace<Trace<D>> = true;
template <class... X>
concept AnyTrace = (is_trace<X> || ...);

template <class X>
inline constexpr bool depends = false;
template <>
inline constexpr bool depends<Trace<true>> = true;
template <class... X>
using TraceOf = Trace<(depends<X> || ...)>;

#define REEL_TRACED(name) \
  template <class... X>   \
  requires AnyTrace<X...> \
  constexpr TraceOf<X...> name(X...) { return {}; }
#define REEL_TRACED_OPERATOR(sign) \
  template <class A, class B>      \
  requires AnyTrace<A, B>          \
  constexpr TraceOf<A, B> operator sign(A, B) { return {}; }
template <bool D>
constexpr Trace<D> operator-(Trace<D>) {
  return {};
}
template <bool D>
constexpr Trace<D> operator!(Trace<D>) {
  return {};
}
REEL_TRACED_OPERATOR(+)
REEL_TRACED_OPERATOR(-)
REEL_TRACED_OPERATOR(*)
REEL_TRACED_OPERATOR(/)
REEL_TRACED_OPERATOR(<)
REEL_TRACED_OPERATOR(<=)
REEL_TRACED_OPERATOR(>)
REEL_TRACED_OPERATOR(>=)
REEL_TRACED_OPERATOR(==)
REEL_TRACED_OPERATOR(!=)
REEL_TRACED_OPERATOR(&&)
REEL_TRACED_OPERATOR(||)
REEL_TRACED(where)
REEL_TRACED(pow)
REEL_TRACED(hypot)
REEL_TRACED(exp)
REEL_TRACED(log)
REEL_TRACED(rsqrt)
REEL_TRACED(sin)
REEL_TRACED(cos)
REEL_TRACED(sinh)
REEL_TRACED(cosh)
REEL_TRACED(sigmoid)
REEL_TRACED(digamma)
REEL_TRACED(polygamma)
#undef REEL_TRACED
#undef REEL_TRACED_OPERATOR

template <class F, std::size_t I, std::size_t... All>
constexpr bool reads_argument(std::index_sequence<All...>) {
  return depends<std::invoke_result_t<const F&, Trace<All == I>...>>;
}
/// Whether a formula of N arguments reads argument I.
template <class F, std::size_t I, std::size_t N>
inline constexpr bool reads = reads_argument<F, I>(std::make_index_sequence<N>{});

}  // namespace reel::kernels
