#pragma once
// Internal; not installed. Elementwise updates of parameters: one pass over the parameter, its gradient and its moments, which the compiler
// vectorises, without temporaries. Pieces for several threads begin at multiples of one length, so the bits do not depend on the number of
// threads.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <reel/autograd/parameter.hpp>
#include <reel/core/parallel.hpp>

namespace reel::optim {

/// Fewer elements than this are updated by one thread, which costs less than waking another.
inline constexpr std::size_t update_grain = std::size_t{1} << 15;

/// In the first step, starts a moment, filled with `value`; later, converts it if its parameter's dtype has changed. step() has allocated
/// the array.
template <class Slot>
void start_moment(Slot& slot, std::size_t k, double value = 0) {
  if (!slot.next) return;
  Array& moment = slot.moments[k];
  const Array& parameter = slot.parameter.value();
  if (moment.shape() == parameter.shape() && moment.dtype() == parameter.dtype()) return;
  const bool begins = moment.shape() != parameter.shape();
  moment = std::move((*slot.next)[k]);
  if (!begins || value == 0) return;
  visit(moment.dtype(), [&]<class T>(T) { std::fill_n(moment.mutable_data<T>(), moment.size(), static_cast<T>(value)); });
}

/// x, or 0 where x is denormal. Moments of gradients that have become 0 shrink until they are denormal, and rounding may keep them there
/// for ever; a processor takes many times as long for every step with such a number.
template <class T>
T without_denormal(T x) {
  return std::abs(x) < std::numeric_limits<T>::min() ? T(0) : x;
}

/// Calls f(g, p, moments...) for n elements, in one loop. f is passed by value, so that its constants stay in registers.
template <class T, class F, class... Moment>
void update_run(std::size_t n, F f, const T* __restrict g, T* __restrict p, Moment* __restrict... moments) {
  const auto update = [&](std::size_t i, Moment... moment) {
    f(g[i], p[i], moment...);
    ((moments[i] = without_denormal(moment)), ...);
  };
  for (std::size_t i = 0; i < n; ++i) update(i, moments[i]...);
}

/// Updates a slot's parameter and its first `count` moments. make(T()) returns the function f(T g, T& p, T& moment...) of one element, with
/// constants of the element type.
template <std::size_t count, class Slot, class Make>
void update_elements(Slot& slot, const Make& make) {
  for (std::size_t i = 0; i < count; ++i) start_moment(slot, i);
  slot.parameter.update([&]<class T>(T* p, std::size_t n) {
    const auto f = make(T());
    const T* const g = slot.parameter.grad().value().template data<T>();
    [&]<std::size_t... i>(std::index_sequence<i...>) {
      T* const moments[count + 1] = {slot.moments[i].template mutable_data<T>()...};
      parallel_for(n, update_grain,
                   [&](std::size_t begin, std::size_t end) { update_run(end - begin, f, g + begin, p + begin, moments[i] + begin...); });
    }
    (std::make_index_sequence<count>());
  });
}

}  // namespace reel::optim
