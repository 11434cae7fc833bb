#pragma once
// Internal; not installed. How optimizers change parameters: one pass over the parameter, its gradient and its moments, which the compiler
// vectorises; no temporaries. Pieces for several threads begin at multiples of one length, so the bits do not depend on their number.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <reel/autograd/parameter.hpp>
#include <reel/core/parallel.hpp>

namespace reel::optim {

/// Below this many elements a step is done by one thread: it costs less than waking another.
inline constexpr std::size_t update_grain = std::size_t{1} << 15;

/// Begins a moment, full of `value`, at the first step, and lets it follow its parameter to another dtype. step() has made the array.
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

/// x, or 0 where it is denormal. What an optimizer remembers of gradients that have become 0 shrinks until it is, and rounding may keep it
/// there for ever; a processor takes many times as long for every step with such a number.
template <class T>
T without_denormal(T x) {
  return std::abs(x) < std::numeric_limits<T>::min() ? T(0) : x;
}

/// f(g, p, moments...) of n elements, in one loop. f comes by value, so that its constants stay in registers.
template <class T, class F, class... Moment>
void update_run(std::size_t n, F f, const T* __restrict g, T* __restrict p, Moment* __restrict... moments) {
  const auto update = [&](std::size_t i, Moment... moment) {
    f(g[i], p[i], moment...);
    ((moments[i] = without_denormal(moment)), ...);
  };
  for (std::size_t i = 0; i < n; ++i) update(i, moments[i]...);
}

/// Changes a slot's parameter and its first `count` moments: make(T()) gives the function f(T g, T& p, T& moment...) of one element, with
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
