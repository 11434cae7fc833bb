#pragma once
// The kernels along axes, for tests that go through all of them.
#include <cmath>
#include <functional>
#include <vector>

#include <reel/core/kernels/kernels.hpp>

namespace reel::test {

inline constexpr std::ptrdiff_t huge = std::ptrdiff_t{1} << 62;

inline Array numbers(const Shape& shape, Dtype dtype = float32) {
  Array x(shape, dtype);
  visit(dtype, [&](auto t) {
    using T = decltype(t);
    T* const to = x.mutable_data<T>();
    for (std::size_t i = 0; i < x.size(); ++i) to[i] = static_cast<T>(2 * std::sin(1 + 0.7 * static_cast<double>(i)));
  });
  return x;
}

/// int64 indices that are all 0.
inline Array places(const Shape& shape) { return Array::zeros(shape, int64); }

struct AlongAxis {
  const char* name;
  std::function<Array(const Array& x, std::ptrdiff_t axis)> call;
};

inline const std::vector<AlongAxis>& along_axis() {
  static const std::vector<AlongAxis> all = {
      {"softmax", [](const Array& x, std::ptrdiff_t axis) { return kernels::softmax(x, axis); }},
      {"log_softmax", [](const Array& x, std::ptrdiff_t axis) { return kernels::log_softmax(x, axis); }},
      {"softmax", [](const Array& x, std::ptrdiff_t axis) { return kernels::softmax_backward(x, x, axis); }},
      {"log_softmax", [](const Array& x, std::ptrdiff_t axis) { return kernels::log_softmax_backward(x, x, axis); }},
      {"argmax", [](const Array& x, std::ptrdiff_t axis) { return kernels::argmax(x, axis, false); }},
      {"argmin", [](const Array& x, std::ptrdiff_t axis) { return kernels::argmin(x, axis, true); }},
      {"sort", [](const Array& x, std::ptrdiff_t axis) { return kernels::sort(x, axis, false); }},
      {"argsort", [](const Array& x, std::ptrdiff_t axis) { return kernels::argsort(x, axis, true); }},
      {"topk", [](const Array& x, std::ptrdiff_t axis) { return kernels::topk_positions(x, 1, axis, true); }},
      {"cumsum", [](const Array& x, std::ptrdiff_t axis) { return kernels::cumsum(x, axis); }},
      {"cumprod", [](const Array& x, std::ptrdiff_t axis) { return kernels::cumprod(x, axis, true); }},
      {"linear_recurrence", [](const Array& x, std::ptrdiff_t axis) { return kernels::linear_recurrence(x, x, axis); }},
      {"take", [](const Array& x, std::ptrdiff_t axis) { return kernels::take("take", x, places({2}), axis); }},
      {"add_at",
       [](const Array& x, std::ptrdiff_t axis) {
         return kernels::add_at("add_at", numbers({2, 2, 2}), x.shape(), places({2}), axis);
       }},
      {"gather", [](const Array& x, std::ptrdiff_t axis) { return kernels::gather("gather", x, places(x.shape()), axis); }},
      {"scatter_add",
       [](const Array& x, std::ptrdiff_t axis) {
         return kernels::scatter_add("scatter_add", x, places(x.shape()), numbers(x.shape()), axis);
       }},
      {"concatenate",
       [](const Array& x, std::ptrdiff_t axis) {
         const Array* const both[] = {&x, &x};
         return kernels::concatenate(both, axis);
       }},
      {"diagonal", [](const Array& x, std::ptrdiff_t axis) { return kernels::diagonal(x, 0, axis, axis == 1 || axis == -2 ? 0 : 1); }},
  };
  return all;
}

struct OverAxes {
  const char* name;
  std::function<Array(const Array& x, const Ints& axes)> call;
};

inline const std::vector<OverAxes>& over_axes() {
  static const std::vector<OverAxes> all = {
      {"sum", [](const Array& x, const Ints& axes) { return kernels::sum(x, axes, false); }},
      {"prod", [](const Array& x, const Ints& axes) { return kernels::prod(x, axes, true); }},
      {"all", [](const Array& x, const Ints& axes) { return kernels::all(x, axes, false); }},
      {"any", [](const Array& x, const Ints& axes) { return kernels::any(x, axes, true); }},
      {"max", [](const Array& x, const Ints& axes) { return kernels::max(x, axes, false); }},
      {"min", [](const Array& x, const Ints& axes) { return kernels::min(x, axes, true); }},
      {"var", [](const Array& x, const Ints& axes) { return kernels::var(x, axes, false, 1); }},
      {"center", [](const Array& x, const Ints& axes) { return kernels::center(x, axes); }},
      {"logsumexp", [](const Array& x, const Ints& axes) { return kernels::logsumexp(x, axes, false); }},
      {"norm", [](const Array& x, const Ints& axes) { return kernels::norm(x, 2, axes, false); }},
      {"norm", [](const Array& x, const Ints& axes) { return kernels::norm(x, -1, axes, true); }},
      {"amax_backward",
       [](const Array& x, const Ints& axes) {
         // Made by hand, so that it is amax_backward() that meets the axes.
         Shape kept = x.shape();
         for (const std::ptrdiff_t axis : axes) {
           const std::ptrdiff_t a = axis < 0 ? axis + static_cast<std::ptrdiff_t>(x.rank()) : axis;
           if (a >= 0 && a < static_cast<std::ptrdiff_t>(x.rank())) kept[static_cast<std::size_t>(a)] = 1;
         }
         return kernels::amax_backward(x, numbers(kept), numbers(kept), axes);
       }},
      {"flip", [](const Array& x, const Ints& axes) { return kernels::flip(x, axes); }},
      {"roll",
       [](const Array& x, const Ints& axes) {
         Ints shifts;
         for (std::size_t i = 0; i < axes.size(); ++i) shifts.push_back(1);
         return kernels::roll(x, shifts, axes);
       }},
      {"permute",
       [](const Array& x, const Ints& axes) {
         Ints order = axes;  // then all the others
         for (std::ptrdiff_t a = 0; a < static_cast<std::ptrdiff_t>(x.rank()); ++a) {
           bool named = false;
           for (const std::ptrdiff_t axis : axes) named = named || axis == a || axis + static_cast<std::ptrdiff_t>(x.rank()) == a;
           if (!named && order.size() < x.rank()) order.push_back(a);
         }
         return kernels::permute(x, order);
       }},
  };
  return all;
}

}  // namespace reel::test
