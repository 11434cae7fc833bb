#include <reel/autograd/ops/shape.hpp>

#include <fmt/format.h>
#include <reel/core/kernels/manipulation.hpp>

namespace reel {

namespace {

/// Zeros of `shape` with x where slice() reads: the transpose of slice(), and its own rule's.
Tensor slice_backward(const Tensor& x, const Shape& shape, const Slices& slices) {
  return record(
      "slice_backward", "dx = dy[slices]", {x}, [shape, slices](const Inputs& in) { return kernels::slice_backward(in[0], shape, slices); },
      [slices](const Pullback& p) { return Gradients{slice(p.dy(), slices)}; }, [slices] { return to_string(slices); });
}

Tensor in_shape(Literal op, const Operand& x, const Shape& shape) {
  return record(
      op, "dx = dy in x's shape", {x}, [shape](const Inputs& in) { return in[0].with_shape(shape); },
      [](const Pullback& p) { return Gradients{reshape(p.dy(), p.input(0).shape())}; }, [shape] { return to_string(shape); });
}

}  // namespace

Tensor reshape(Operand x, Ints shape) {
  const Shape resolved = located("reshape", x, [&] { return resolve_reshape("reshape", x.as_tensor().shape(), shape); });
  return in_shape("reshape", x, resolved);
}

Tensor flatten(Operand x, std::ptrdiff_t first, std::ptrdiff_t last) {
  const Shape shape = located("flatten", x, [&] {
    const Shape from = x.as_tensor().shape();
    if (from.rank() == 0) return Shape{1};
    const std::size_t low = normalize_axis("flatten", first, from.rank()), high = normalize_axis("flatten", last, from.rank());
    if (low > high) throw ShapeError(fmt::format("flatten: axis {} comes after axis {}; the first may not", first, last));
    Shape result;
    for (std::size_t i = 0; i < from.rank(); ++i) {
      if (i > low && i <= high) {
        result[low] *= from[i];
      } else {
        result.push_back(from[i]);
      }
    }
    return result;
  });
  return in_shape("flatten", x, shape);
}

Tensor squeeze(Operand x) {
  Shape shape;
  for (const std::size_t length : located("squeeze", x, [&] { return x.as_tensor().shape(); }))
    if (length != 1) shape.push_back(length);
  return in_shape("squeeze", x, shape);
}

Tensor squeeze(Operand x, Ints axes) {
  const Shape shape = located("squeeze", x, [&] {
    const Shape from = x.as_tensor().shape();
    const Ints dropped = axes.empty() ? Ints() : normalize_axes("squeeze", axes, from.rank());
    for (const std::ptrdiff_t axis : dropped)
      if (from[static_cast<std::size_t>(axis)] != 1)
        throw ShapeError(fmt::format("squeeze: axis {} of shape {} has length {}; only an axis of length 1 can be dropped", axis, from,
                                     from[static_cast<std::size_t>(axis)]));
    return reduced_shape(from, dropped, false);
  });
  return in_shape("squeeze", x, shape);
}

Tensor unsqueeze(Operand x, std::ptrdiff_t axis) {
  const Shape shape = located("unsqueeze", x, [&] {
    const Shape from = x.as_tensor().shape();
    const std::size_t at = normalize_axis("unsqueeze", axis, from.rank() + 1);
    Shape result;
    for (std::size_t i = 0; i <= from.rank(); ++i) {
      if (i == at) result.push_back(1);
      if (i < from.rank()) result.push_back(from[i]);
    }
    return result;
  });
  return in_shape("unsqueeze", x, shape);
}

Tensor transpose(Operand x, std::ptrdiff_t axis_a, std::ptrdiff_t axis_b) {
  const Ints axes = located("transpose", x, [&] {
    const std::size_t rank = x.as_tensor().rank();
    const std::size_t a = normalize_axis("transpose", axis_a, rank), b = normalize_axis("transpose", axis_b, rank);
    Ints result;
    for (std::size_t i = 0; i < rank; ++i) result.push_back(static_cast<std::ptrdiff_t>(i == a ? b : i == b ? a : i));
    return result;
  });
  return record(
      "transpose", "dx = dy, swapped back", {x}, [axes](const Inputs& in) { return kernels::permute(in[0], axes); },
      [axis_a, axis_b](const Pullback& p) { return Gradients{transpose(p.dy(), axis_a, axis_b)}; },
      [axis_a, axis_b] { return fmt::format("axes=({}, {})", axis_a, axis_b); });
}

Tensor permute(Operand x, Ints axes) {
  const Ints order = located("permute", x, [&] {
    const std::size_t rank = x.as_tensor().rank();
    if (axes.size() != rank)
      throw ShapeError(fmt::format("permute: {} axes for shape {}; each axis is named once", to_string(axes), x.as_tensor().shape()));
    if (rank > 0) normalize_axes("permute", axes, rank);
    Ints result;
    for (const std::ptrdiff_t axis : axes) result.push_back(static_cast<std::ptrdiff_t>(normalize_axis("permute", axis, rank)));
    return result;
  });
  return record(
      "permute", "dx = dy, permuted back", {x}, [order](const Inputs& in) { return kernels::permute(in[0], order); },
      [order](const Pullback& p) {
        Ints back = order;
        for (std::size_t i = 0; i < order.size(); ++i) back[static_cast<std::size_t>(order[i])] = static_cast<std::ptrdiff_t>(i);
        return Gradients{permute(p.dy(), back)};
      },
      [order] { return to_string(order); });
}

Tensor movedim(Operand x, std::ptrdiff_t from, std::ptrdiff_t to) {
  const Ints order = located("movedim", x, [&] {
    const std::size_t rank = x.as_tensor().rank();
    const std::size_t a = normalize_axis("movedim", from, rank), b = normalize_axis("movedim", to, rank);
    Ints others, result;
    for (std::size_t i = 0; i < rank; ++i)
      if (i != a) others.push_back(static_cast<std::ptrdiff_t>(i));
    for (std::size_t i = 0, next = 0; i < rank; ++i) result.push_back(i == b ? static_cast<std::ptrdiff_t>(a) : others[next++]);
    return result;
  });
  return permute(x, order);
}

Tensor slice(Operand x, Slices slices) {
  return record(
      "slice", "dx = 0, with dy put into the slice", {x}, [slices](const Inputs& in) { return kernels::slice(in[0], slices); },
      [slices](const Pullback& p) { return Gradients{slice_backward(p.dy(), p.input(0).shape(), slices)}; },
      [slices] { return to_string(slices); });
}

Tensor Tensor::column(std::ptrdiff_t i, SourceLocation at) const {
  const CallSite site(at);
  return slice(*this, {{}, i});
}

Tensor Tensor::operator[](const SlicesHere& slices) const {
  const CallSite site(slices.at);
  return slice(*this, slices.slices);
}

Tensor Tensor::row(std::ptrdiff_t i, SourceLocation at) const {
  const CallSite site(at);
  return slice(*this, {i});
}

}  // namespace reel
