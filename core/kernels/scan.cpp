#include <reel/core/kernels/scan.hpp>

#include <reel/core/kernels/detail/pairwise_reduction.hpp>
#include <reel/core/kernels/detail/require.hpp>

namespace reel::kernels {

namespace {

/// The type in which running results are kept.
template <class T>
struct Running {
  using Type = T;
};
template <>
struct Running<float> {
  using Type = double;
};

/// Places of an axis in the order of the scan.
struct Order {
  std::size_t first;
  std::ptrdiff_t step;

  Order(std::size_t n, std::size_t stride, bool reversed)
      : first(reversed ? (n - 1) * stride : 0),
        step(reversed ? -static_cast<std::ptrdiff_t>(stride) : static_cast<std::ptrdiff_t>(stride)) {}
};

/// Calls next(state, at, i) along each run: `at` is an element's position, i its column, state the run's own.
template <class State, class F>
void scan_middle(const Middle& m, State start, bool reversed, const F& next) {
  if (m.n == 0 || m.inner == 0) return;
  const Order order(m.n, m.inner, reversed);
  if (m.inner == 1) {
    m.for_each_run([&](std::size_t o) {
      State state = start;
      auto at = static_cast<std::ptrdiff_t>(o * m.n + order.first);
      for (std::size_t i = 0; i < m.n; ++i, at += order.step) next(state, at);
    });
    return;
  }
  m.for_each_strip([&](std::size_t o, std::size_t from, std::size_t width) {
    State states[block];
    std::fill_n(states, width, start);
    auto at = static_cast<std::ptrdiff_t>(o * m.n * m.inner + from + order.first);
    for (std::size_t row = 0; row < m.n; ++row, at += order.step)
      for (std::size_t i = 0; i < width; ++i) next(states[i], at + static_cast<std::ptrdiff_t>(i));
  });
}

template <class Op, class T>
Array scan(const Array& x, std::size_t axis, bool reversed) {
  using State = typename Running<T>::Type;
  Array y(x.shape(), x.dtype());
  const T* const from = x.data<T>();
  T* const to = y.mutable_data<T>();
  scan_middle(Middle(x.shape(), axis), Op::template start<State>, reversed, [from, to](State& state, std::ptrdiff_t at) {
    state = Op::join(state, static_cast<State>(from[at]));
    to[at] = static_cast<T>(state);
  });
  return y;
}

template <class Op>
Array scan(const char* op, const Array& x, Integer axis, bool reversed) {
  const std::size_t along = normalize_axis(op, axis.value, x.rank());
  switch (x.dtype()) {
    case float32: return scan<Op, float>(x, along, reversed);
    case float64: return scan<Op, double>(x, along, reversed);
    default: return scan<Op, std::int64_t>(x.astype(int64), along, reversed);
  }
}

}  // namespace

Array cumsum(const Array& x, Integer axis, bool reversed) { return scan<Sum>("cumsum", x, axis, reversed); }

Array cumprod(const Array& x, Integer axis, bool reversed) { return scan<Product>("cumprod", x, axis, reversed); }

Array sum_of_others(const Array& x, Integer along) {
  const std::size_t axis = normalize_axis("sum_of_others", along.value, x.rank());
  require_floating("sum_of_others", x);
  Array y(x.shape(), x.dtype());
  const auto run = [&](auto t) {
    using T = decltype(t);
    const T* const from = x.data<T>();
    T* const to = y.mutable_data<T>();
    const Middle m(x.shape(), axis);
    scan_middle(m, 0.0, false, [=](double& before, std::ptrdiff_t at) {
      to[at] = static_cast<T>(before);
      before += static_cast<double>(from[at]);
    });
    scan_middle(m, 0.0, true, [=](double& behind, std::ptrdiff_t at) {
      to[at] += static_cast<T>(behind);
      behind += static_cast<double>(from[at]);
    });
  };
  x.dtype() == float32 ? run(float{}) : run(double{});
  return y;
}

Array linear_recurrence(const Array& a, const Array& b, Integer along, bool reversed) {
  const std::size_t axis = normalize_axis("linear_recurrence", along.value, b.rank());
  require_floating("linear_recurrence", b);
  require_like("linear_recurrence", "a", a, b.shape(), b.dtype());
  Array y(b.shape(), b.dtype());
  const auto run = [&](auto t) {
    using T = decltype(t);
    const T* const factors = a.data<T>();
    const T* const terms = b.data<T>();
    T* const to = y.mutable_data<T>();
    scan_middle(Middle(b.shape(), axis), T(0), reversed, [=](T& state, std::ptrdiff_t at) {
      state = terms[at] + factors[at] * state;
      to[at] = state;
    });
  };
  b.dtype() == float32 ? run(float{}) : run(double{});
  return y;
}

}  // namespace reel::kernels
