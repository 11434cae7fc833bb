#include <reel/autograd/ops/shape.hpp>

#include <fmt/format.h>

namespace reel {

namespace {

std::string text_of(const Slices& slices) {
  std::string text;
  for (std::size_t i = 0; i < slices.size(); ++i) {
    const Slice& s = slices[i];
    const auto end = [](const std::optional<std::ptrdiff_t>& e) { return e ? std::to_string(*e) : std::string(); };
    text += (i > 0 ? ", " : "") +
            (s.drops_axis ? end(s.start) : end(s.start) + ":" + end(s.stop) + (s.step == 1 ? "" : ":" + std::to_string(s.step)));
  }
  return "[" + text + "]";
}

/// Zeros of `shape` with x put where slice() reads: slice's transpose, and its own rule's.
Tensor unslice(const Tensor& x, const Shape& shape, const Slices& slices) {
  return record(
      "unslice", "dx = dy[slices]", {x}, [shape, slices](const Inputs& in) { return kernels::unslice(in[0], shape, slices); },
      [slices](const Pullback& p) { return Gradients{slice(p.dy(), slices)}; }, [slices] { return text_of(slices); });
}

Slices along(std::size_t axis, std::size_t start, std::size_t stop, std::size_t rank) {
  Slices slices = Slices::whole(rank);
  slices[axis] = Slice(static_cast<std::ptrdiff_t>(start), static_cast<std::ptrdiff_t>(stop));
  return slices;
}

void check_joinable(const std::vector<Tensor>& tensors, std::size_t axis) {
  const Array& first = tensors[0].value();
  for (std::size_t i = 1; i < tensors.size(); ++i) {
    const Array& other = tensors[i].value();
    if (other.dtype() != first.dtype())
      throw DtypeError(fmt::format("concatenate: tensor 0 is {} and tensor {} is {}; all need one dtype (astype converts)",
                                   name_of(first.dtype()), i, name_of(other.dtype())));
    Shape adjusted = other.shape();
    if (adjusted.rank() == first.rank()) adjusted[axis] = first.shape()[axis];
    if (adjusted != first.shape())
      throw ShapeError(fmt::format("concatenate: tensor 0 is {} and tensor {} is {}; along axis {} the other axes have to agree",
                                   first.shape(), i, other.shape(), axis));
  }
}

}  // namespace

Tensor reshape(Operand x, Ints shape) {
  const Shape resolved = located("reshape", x, [&] { return resolve_reshape("reshape", x.as_tensor().shape(), shape); });
  return record(
      "reshape", "dx = dy in x's shape", {x}, [resolved](const Inputs& in) { return in[0].with_shape(resolved); },
      [](const Pullback& p) { return Gradients{reshape(p.dy(), p.input(0).shape())}; }, [resolved] { return to_string(resolved); });
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

Tensor slice(Operand x, Slices slices) {
  return record(
      "slice", "dx = 0, with dy put into the slice", {x}, [slices](const Inputs& in) { return kernels::slice(in[0], slices); },
      [slices](const Pullback& p) { return Gradients{unslice(p.dy(), p.input(0).shape(), slices)}; }, [slices] { return text_of(slices); });
}

Tensor concatenate(const std::vector<Tensor>& tensors, std::ptrdiff_t axis, SourceLocation at) {
  const CallSite site(at);
  if (tensors.empty()) throw Error("concatenate: there is nothing to join (" + to_string(at) + ")");
  for (const Tensor& t : tensors)
    if (!t.defined()) located("concatenate", t, [&] { t.value(); });
  const std::size_t along_axis = located("concatenate", tensors[0], [&] {
    const std::size_t normalized = normalize_axis("concatenate", axis, tensors[0].rank());
    check_joinable(tensors, normalized);
    return normalized;
  });
  const std::vector<Operand> operands(tensors.begin(), tensors.end());
  return record(
      "concatenate", "each input's part of dy", std::span(operands),
      [along_axis](const Inputs& in) {
        std::vector<const Array*> arrays;
        for (std::size_t i = 0; i < in.size(); ++i) arrays.push_back(&in[i]);
        return kernels::concatenate(arrays, along_axis);
      },
      [along_axis](const Pullback& p) {
        Gradients parts;
        std::size_t start = 0;
        for (std::size_t i = 0; i < p.size(); ++i) {
          const std::size_t stop = start + p.input(i).shape()[along_axis];
          parts.push_back(p.needs(i) ? slice(p.dy(), along(along_axis, start, stop, p.dy().rank())) : none);
          start = stop;
        }
        return parts;
      },
      [along_axis] { return fmt::format("axis={}", along_axis); });
}

Tensor Tensor::column(std::ptrdiff_t i, SourceLocation at) const {
  const CallSite site(at);
  return slice(*this, {{}, i});
}

Tensor Tensor::row(std::ptrdiff_t i, SourceLocation at) const {
  const CallSite site(at);
  return slice(*this, {i});
}

}  // namespace reel
