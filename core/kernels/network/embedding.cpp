#include <reel/core/kernels/network/embedding.hpp>

#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/kernels/detail/add_in_double.hpp>
#include <reel/core/parallel.hpp>

namespace reel::kernels {

namespace {

std::string place_of(std::size_t position, const Shape& shape) {
  Shape index = shape;
  for (std::size_t axis = shape.rank(); axis-- > 0; position /= shape[axis]) index[axis] = position % shape[axis];
  return to_string(index);
}

void check_indices(const Array& indices, const Shape& weight) {
  if (indices.dtype() != int64)
    throw DtypeError(fmt::format("embedding: the indices are {}; they need int64 (astype converts)", name_of(indices.dtype())));
  if (weight.rank() == 0) throw ShapeError("embedding: weight is (); it needs at least one axis (rows, ...)");
  const auto rows = static_cast<std::int64_t>(weight[0]);
  const std::int64_t* const index = indices.data<std::int64_t>();
  for (std::size_t i = 0; i < indices.size(); ++i)
    if (index[i] < 0 || index[i] >= rows)
      throw ShapeError(fmt::format("embedding: the index at {} is {} and weight is {}; indices are 0 or more and below {}",
                                   place_of(i, indices.shape()), index[i], weight, rows));
}

}  // namespace

Array embedding(const Array& indices, const Array& weight, std::optional<std::size_t> zero) {
  check_indices(indices, weight.shape());
  Shape shape = indices.shape();
  for (std::size_t i = 1; i < weight.rank(); ++i) shape.push_back(weight.shape()[i]);
  Array y(shape, weight.dtype());
  if (y.size() == 0) return y;
  const std::size_t bytes = weight.bytes() / weight.shape()[0];
  const std::int64_t* const index = indices.data<std::int64_t>();
  const auto* const from = static_cast<const std::byte*>(weight.raw());
  auto* const to = static_cast<std::byte*>(y.mutable_raw());
  parallel_for(indices.size(), std::max<std::size_t>(1, (std::size_t{1} << 17) / bytes), [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto row = static_cast<std::size_t>(index[i]);
      if (row == zero) {
        std::memset(to + i * bytes, 0, bytes);
      } else {
        std::memcpy(to + i * bytes, from + row * bytes, bytes);
      }
    }
  });
  return y;
}

Array embedding_backward(const Array& indices, const Array& dy, const Shape& shape, std::optional<std::size_t> zero) {
  check_indices(indices, shape);
  Array sum = Array::zeros(shape, dy.dtype());
  if (dy.size() == 0) return sum;
  const std::size_t width = dy.size() / indices.size(), strip = std::max<std::size_t>(64, width / 8);
  const std::int64_t* const index = indices.data<std::int64_t>();
  const auto run = [&](auto t) {
    using T = decltype(t);
    const T* const from = dy.data<T>();
    T* const to = sum.mutable_data<T>();
    Crowded<T> crowded(std::span<const std::int64_t>(index, indices.size()), shape[0], width);
    // Each thread has columns of its own and goes through all rows in order, so that the sums are the same for any number of threads.
    parallel_for(width, dy.size() < (std::size_t{1} << 16) ? width : strip, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = 0; i < indices.size(); ++i) {
        const auto row = static_cast<std::size_t>(index[i]);
        if (row == zero) continue;
        if (double* const sums = crowded.any() ? crowded.at(row) : nullptr) {
          for (std::size_t k = begin; k < end; ++k) sums[k] += static_cast<double>(from[i * width + k]);
        } else {
          for (std::size_t k = begin; k < end; ++k) to[row * width + k] += from[i * width + k];
        }
      }
      crowded.add_to(to, 0, shape[0], begin, end);
    });
  };
  dy.dtype() == float32 ? run(float{}) : run(double{});
  return sum;
}

}  // namespace reel::kernels
