#pragma once
// Checks of kernels' arguments.
#include <fmt/format.h>
#include <reel/core/array.hpp>
#include <reel/core/error.hpp>
#include <reel/core/kernels/elementwise.hpp>

namespace reel::kernels {

/// Throws DtypeError unless x, the argument `name` of `op`, has this dtype.
inline void require_dtype(std::string_view op, std::string_view name, const Array& x, Dtype dtype) {
  if (x.dtype() != dtype)
    throw DtypeError(fmt::format("{}: {} is {}; it needs {} (astype converts)", op, name, name_of(x.dtype()), name_of(dtype)));
}

/// Throws ShapeError unless x has this shape.
inline void require_shape(std::string_view op, std::string_view name, const Array& x, const Shape& shape) {
  if (x.shape() != shape) throw ShapeError(fmt::format("{}: {} is {}; it needs shape {}", op, name, x.shape(), shape));
}

inline void require_like(std::string_view op, std::string_view name, const Array& x, const Shape& shape, Dtype dtype) {
  require_dtype(op, name, x, dtype);
  require_shape(op, name, x, shape);
}

/// Throws ShapeError unless `shape` has the rank of `like` and the same lengths on all axes but `axis`.
inline void require_same_elsewhere(std::string_view op, std::string_view name, const Shape& shape, const Shape& like, std::size_t axis) {
  bool fits = shape.rank() == like.rank();
  for (std::size_t i = 0; fits && i < like.rank(); ++i) fits = i == axis || shape[i] == like[i];
  if (!fits) throw ShapeError(fmt::format("{}: {} is {}; it needs the lengths of {} on all axes but axis {}", op, name, shape, like, axis));
}

}  // namespace reel::kernels
