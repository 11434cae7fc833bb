#include <reel/autograd/ops/detail/matrices.hpp>

#include <reel/autograd/ops/shape.hpp>

namespace reel::detail {

Shape batch_of(const Tensor& x) { return Shape(std::span(x.shape().begin(), x.rank() - 2)); }

Tensor with_axis(const Tensor& x, std::ptrdiff_t axis) {
  const auto place = static_cast<std::size_t>(axis < 0 ? axis + static_cast<std::ptrdiff_t>(x.rank()) + 1 : axis);
  Shape shape;
  for (std::size_t i = 0; i <= x.rank(); ++i) {
    if (i == place) shape.push_back(1);
    if (i < x.rank()) shape.push_back(x.shape()[i]);
  }
  return reshape(x, shape);
}

Tensor triangles(std::size_t rows, std::size_t columns, double below, double on, double above, Dtype dtype) {
  Array mask({rows, columns}, float64);
  double* const elements = mask.mutable_data<double>();
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j) elements[i * columns + j] = j < i ? below : j == i ? on : above;
  return Tensor(mask.astype(dtype));
}

Tensor columns(const Tensor& x, std::size_t from, std::size_t to) {
  Slices slices = Slices::whole(x.rank());
  slices[x.rank() - 1] = Slice(static_cast<std::ptrdiff_t>(from), static_cast<std::ptrdiff_t>(to));
  return slice(x, slices);
}

Tensor column(const Tensor& x, std::size_t i) {
  Slices slices = Slices::whole(x.rank());
  slices[x.rank() - 1] = Slice(i);
  return slice(x, slices);
}

}  // namespace reel::detail
