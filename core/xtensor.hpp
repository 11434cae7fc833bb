#pragma once
// Opt-in: the one public header that includes xtensor.

#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include <reel/core/array.hpp>
#if __has_include(<xtensor/containers/xadapt.hpp>)  // since xtensor 0.26
#include <xtensor/containers/xadapt.hpp>
#include <xtensor/containers/xarray.hpp>
#include <xtensor/containers/xtensor.hpp>
#include <xtensor/core/xnoalias.hpp>
#else
#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#include <xtensor/xnoalias.hpp>
#include <xtensor/xtensor.hpp>
#endif

namespace reel {

namespace detail {

/// The element type that an xtensor value type becomes in an Array: int and the other integer types become int64.
template <class V>
using Element = std::conditional_t<std::is_integral_v<V> && !std::is_same_v<V, bool>, std::int64_t, V>;

inline xt::dynamic_shape<std::size_t> xtensor_shape(const Shape& shape) { return {shape.begin(), shape.end()}; }

template <class S>
Shape reel_shape(const S& lengths) {
  Shape shape;
  for (const auto length : lengths) shape.push_back(static_cast<std::size_t>(length));
  return shape;
}

/// Computes an expression straight into a new Array's memory.
template <class E>
Array evaluate(const E& expression) {
  using T = Element<typename E::value_type>;
  Array result(reel_shape(expression.shape()), dtype_of<T>());
  auto target = xt::adapt(result.mutable_data<T>(), result.size(), xt::no_ownership(), xtensor_shape(result.shape()));
  if constexpr (std::is_same_v<T, typename E::value_type>) {
    xt::noalias(target) = expression;
  } else {
    xt::noalias(target) = xt::cast<T>(expression);
  }
  return result;
}

/// Returns an Array that uses the container's elements and keeps the container on the heap. Other layouts and element types are converted
/// instead.
template <class C>
Array take_over(C&& container) {
  static_assert(!std::is_lvalue_reference_v<C>);
  using T = Element<typename C::value_type>;
  if constexpr (std::is_same_v<T, typename C::value_type>) {
    if (container.layout() == xt::layout_type::row_major || container.dimension() <= 1) {
      auto owner = std::make_unique<C>(std::move(container));
      Array result = Array::adopt(reel_shape(owner->shape()), dtype_of<T>(), owner->data(), owner.get(),
                                  [](void* held) noexcept { delete static_cast<C*>(held); });
      static_cast<void>(owner.release());  // the Array deletes it
      return result;
    }
  }
  return evaluate(container);
}

}  // namespace detail

/// The Array's elements as an xtensor expression, without a copy and for reading only. The Array must outlive it and not be written to
/// meanwhile. Throws DtypeError when T is not the Array's element type.
template <class T>
auto as_xtensor(const Array& array) {
  return xt::adapt(array.data<T>(), array.size(), xt::no_ownership(), detail::xtensor_shape(array.shape()));
}

/// The same for writing: an Array that shares its elements first gets its own, so no other Array changes. Copies of the Array that are
/// made while the adaptor lives do share what it writes.
template <class T>
auto as_xtensor(Array& array) {
  T* const elements = array.mutable_data<T>();
  return xt::adapt(elements, array.size(), xt::no_ownership(), detail::xtensor_shape(array.shape()));
}

/// A temporary Array would be gone before its adaptor is used.
template <class T>
void as_xtensor(Array&& array) = delete;
template <class T>
void as_xtensor(const Array&& array) = delete;

/// Converts the container to an Array, without a copy when it is row-major and its elements are float, double, std::int64_t or bool. Throws
/// ShapeError for more than max_rank axes.
template <class EC, xt::layout_type L, class SC, class Tag>
Array from_xtensor(xt::xarray_container<EC, L, SC, Tag>&& container) {
  return detail::take_over(std::move(container));
}
template <class EC, std::size_t N, xt::layout_type L, class Tag>
Array from_xtensor(xt::xtensor_container<EC, N, L, Tag>&& container) {
  return detail::take_over(std::move(container));
}

/// Evaluates an xtensor expression into a new Array; integers become int64.
template <class E>
Array from_xtensor(const xt::xexpression<E>& expression) {
  return detail::evaluate(expression.derived_cast());
}

}  // namespace reel
