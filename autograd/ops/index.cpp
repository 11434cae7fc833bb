#include <reel/autograd/ops/detail/fill.hpp>
#include <reel/autograd/ops/index.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <reel/autograd/ops/arithmetic.hpp>
#include <reel/autograd/ops/arrange.hpp>
#include <reel/autograd/ops/detail/reduction.hpp>
#include <reel/autograd/ops/reduce.hpp>
#include <reel/autograd/ops/shape.hpp>
#include <reel/core/format.hpp>
#include <reel/core/kernels/elementwise.hpp>
#include <reel/core/kernels/index.hpp>
#include <reel/core/kernels/manipulation.hpp>

namespace reel {

namespace {

using detail::axis_of;
using detail::check_fill;

std::string text_of(std::size_t axis) { return fmt::format("axis={}", axis); }

/// Zeros of `shape` with the parts of x added at indices: the transpose of take(), and its own rule's.
Tensor add_at(const Tensor& x, const Tensor& indices, const Shape& shape, std::size_t axis) {
  return record(
      "add_at", "dx = dy at the indices", {x, indices},
      [shape, axis](const Inputs& in) { return kernels::add_at("add_at", in[0], shape, in[1], axis); },
      [axis](const Pullback& p) {
        return Gradients{take(p.dy(), p.input(1), static_cast<std::ptrdiff_t>(axis)), none};
      },
      [axis] { return text_of(axis); });
}

/// Slices of the first elements on each axis: as many as `of` has, except on one.
Slices first_of(const Shape& of, std::size_t except) {
  Slices slices = Slices::whole(of.rank());
  for (std::size_t i = 0; i < of.rank(); ++i)
    if (i != except) slices[i] = Slice(0, static_cast<std::ptrdiff_t>(of[i]));
  return slices;
}

/// Throws unless indices have x's rank, and fit into x on all axes but one.
void check_along(const char* op, const Shape& x, const Shape& indices, std::size_t axis) {
  bool fits = x.rank() == indices.rank();
  for (std::size_t i = 0; fits && i < x.rank(); ++i) fits = i == axis || indices[i] <= x[i];
  if (!fits)
    throw ShapeError(fmt::format("{}: x is {} and indices are {}; they need as many axes, and on all but axis {} at most x's lengths", op,
                                 x, indices, axis));
}

bool agree_elsewhere(const Shape& a, const Shape& b, std::size_t axis) {
  for (std::size_t i = 0; i < a.rank(); ++i)
    if (i != axis && a[i] != b[i]) return false;
  return true;
}

Tensor gather_same(const Operand& x, const Tensor& indices, std::size_t axis) {
  return record(
      "gather", "dx = dy, added at the indices", {x, indices},
      [axis](const Inputs& in) { return kernels::gather("gather", in[0], in[1], axis); },
      [axis](const Pullback& p) {
        return Gradients{scatter_add(zeros_like(p.input(0)), p.input(1), p.dy(), static_cast<std::ptrdiff_t>(axis)), none};
      },
      [axis] { return text_of(axis); });
}

Tensor scatter_add_same(const Operand& x, const Tensor& indices, const Tensor& source, std::size_t axis) {
  return record(
      "scatter_add", "dx = dy   dsource = dy at the indices", {x, indices, source},
      [axis](const Inputs& in) { return kernels::scatter_add("scatter_add", in[0], in[1], in[2], axis); },
      [axis](const Pullback& p) {
        return Gradients{p.dy(), none, p.needs(2) ? gather(p.dy(), p.input(1), static_cast<std::ptrdiff_t>(axis)) : none};
      },
      [axis] { return text_of(axis); });
}

void check_source(const Array& x, const Shape& indices, const Array& source) {
  bool fits = source.rank() == indices.rank();
  for (std::size_t i = 0; fits && i < indices.rank(); ++i) fits = indices[i] <= source.shape()[i];
  if (!fits)
    throw ShapeError(fmt::format("scatter_add: indices are {} and source is {}; source needs as many axes, each at least as long", indices,
                                 source.shape()));
  if (source.dtype() != x.dtype())
    throw DtypeError(fmt::format("scatter_add: x is {} and source is {}; both need one dtype (astype converts)", name_of(x.dtype()),
                                 name_of(source.dtype())));
}

/// The axes that index() selects on, as plain data for the ops to capture.
struct Picked {
  Ints axes;

  /// The order of x's axes with the selected ones first.
  Ints order(std::size_t rank) const {
    Ints result = axes;
    for (std::size_t i = 0; i < rank; ++i) {
      const auto axis = static_cast<std::ptrdiff_t>(i);
      if (std::find(axes.begin(), axes.end(), axis) == axes.end()) result.push_back(axis);
    }
    return result;
  }
  /// The position of the selected elements' axes in the result.
  std::size_t place() const {
    const auto first = static_cast<std::size_t>(axes[0]), last = static_cast<std::size_t>(axes[axes.size() - 1]);
    return last - first + 1 == axes.size() ? first : 0;
  }
  /// The lengths of x's axes in that order.
  static Shape ordered(const Shape& shape, const Ints& order) {
    Shape result;
    for (const std::ptrdiff_t axis : order) result.push_back(shape[static_cast<std::size_t>(axis)]);
    return result;
  }
  /// (product of the selected axes' lengths, product of all other lengths)
  Shape matrix(const Shape& ordered) const {
    Shape result{1, 1};
    for (std::size_t i = 0; i < ordered.rank(); ++i) result[i < axes.size() ? 0 : 1] *= ordered[i];
    return result;
  }

  Array flat(const Inputs& in, const Shape& ordered) const {
    std::vector<const Array*> arrays;
    for (std::size_t i = 1; i < in.size(); ++i) arrays.push_back(&in[i]);
    return kernels::flat_positions("index", arrays, ordered);
  }

  Array read(const Inputs& in) const {
    const Ints to_front = order(in[0].rank());
    const Shape lengths = ordered(in[0].shape(), to_front);
    const Array positions = flat(in, lengths);
    Shape shape = positions.shape();
    for (std::size_t i = axes.size(); i < lengths.rank(); ++i) shape.push_back(lengths[i]);
    const Array rows =
        kernels::take("index", kernels::permute(in[0], to_front).with_shape(matrix(lengths)), positions.with_shape({positions.size()}), 0);
    return kernels::permute(rows.with_shape(shape), back(positions.rank(), shape.rank()));
  }

  /// read()'s transpose: in[0] added into zeros of `shape`.
  Array add(const Inputs& in, const Shape& shape) const {
    const Ints to_front = order(shape.rank());
    const Shape lengths = ordered(shape, to_front);
    const Array positions = flat(in, lengths);
    const Ints placed = back(positions.rank(), in[0].rank());
    const Shape rows{positions.size(), matrix(lengths)[1]};
    const Array added = kernels::add_at("index", kernels::permute(in[0], inverse(placed)).with_shape(rows), matrix(lengths),
                                        positions.with_shape({positions.size()}), 0);
    return kernels::permute(added.with_shape(lengths), inverse(to_front));
  }

 private:
  /// The order that takes the first `count` of `rank` axes to place().
  Ints back(std::size_t count, std::size_t rank) const {
    Ints result;
    for (std::size_t i = 0; i < place(); ++i) result.push_back(static_cast<std::ptrdiff_t>(count + i));
    for (std::size_t i = 0; i < count; ++i) result.push_back(static_cast<std::ptrdiff_t>(i));
    for (std::size_t i = count + place(); i < rank; ++i) result.push_back(static_cast<std::ptrdiff_t>(i));
    return result;
  }
  static Ints inverse(const Ints& order) {
    Ints result = order;
    for (std::size_t i = 0; i < order.size(); ++i) result[static_cast<std::size_t>(order[i])] = static_cast<std::ptrdiff_t>(i);
    return result;
  }
};

/// The transpose of index(), and its own rule's: inputs are dy and the indices.
Tensor unindex(std::span<const OperandRef> inputs, const Shape& shape, Picked picked) {
  return record(
      "unindex", "dx = dy at the indices", inputs, [picked, shape](const Inputs& in) { return picked.add(in, shape); },
      [picked](const Pullback& p) {
        std::vector<Tensor> indices(static_cast<std::size_t>(picked.axes[picked.axes.size() - 1]) + 1);
        for (std::size_t i = 0; i < picked.axes.size(); ++i) indices[static_cast<std::size_t>(picked.axes[i])] = p.input(i + 1);
        Gradients result{index(p.dy(), indices)};
        for (std::size_t i = 1; i < p.size(); ++i) result.push_back(none);
        return result;
      },
      [picked] { return "axes=" + to_string(picked.axes); });
}

Tensor index_axes(const Operand& x, const std::vector<Tensor>& arrays, Picked picked) {
  std::vector<OperandRef> inputs{x};
  for (const Tensor& a : arrays) inputs.emplace_back(a, x.location());
  return record(
      "index", "dx = dy, added at the indices", std::span<const OperandRef>(inputs), [picked](const Inputs& in) { return picked.read(in); },
      [picked](const Pullback& p) {
        std::vector<OperandRef> back{p.dy()};
        for (std::size_t i = 1; i < p.size(); ++i) back.emplace_back(p.input(i));
        Gradients result{unindex(back, p.input(0).shape(), picked)};
        for (std::size_t i = 1; i < p.size(); ++i) result.push_back(none);
        return result;
      },
      [picked] { return "axes=" + to_string(picked.axes); });
}

/// A mask's indices, one array for each of its axes.
void append_positions(const Array& mask, std::vector<Tensor>& arrays) {
  const Array flat = kernels::positions_of("index", mask);
  const Shape strides = strides_of(mask.shape());
  for (std::size_t axis = 0; axis < mask.rank(); ++axis) {
    Array positions(flat.shape(), int64);
    auto* const to = positions.mutable_data<std::int64_t>();
    for (std::size_t i = 0; i < flat.size(); ++i)
      to[i] = flat.data<std::int64_t>()[i] / static_cast<std::int64_t>(strides[axis]) % static_cast<std::int64_t>(mask.shape()[axis]);
    arrays.emplace_back(std::move(positions));
  }
}

void check_mask(const Array& mask, const Shape& x, std::size_t axis) {
  bool fits = mask.rank() > 0 && axis + mask.rank() <= x.rank();
  for (std::size_t i = 0; fits && i < mask.rank(); ++i) fits = mask.shape()[i] == x[axis + i];
  if (!fits)
    throw ShapeError(fmt::format("index: x is {} and a mask is {} from axis {} on; it needs x's lengths there", x, mask.shape(), axis));
}

/// The positions at which a mask of x's shape is true, as one axis of x: the transpose of masked_select.
Tensor masked_put(const Tensor& x, const Tensor& mask) {
  return record(
      "masked_put", "dx = dy where the mask is set", {x, mask},
      [](const Inputs& in) {
        const Array positions = kernels::positions_of("masked_put", in[1]);
        return kernels::add_at("masked_put", in[0], {in[1].size()}, positions, 0).with_shape(in[1].shape());
      },
      [](const Pullback& p) {
        return Gradients{masked_select(p.dy(), p.input(1)), none};
      });
}

}  // namespace

Tensor take(Operand x, Operand indices, std::ptrdiff_t axis) {
  const std::size_t along = axis_of("take", x, axis);
  const Tensor places = indices.as_tensor(int64);
  return record(
      "take", "dx = dy, added at the indices", {x, Operand(places, x.location())},
      [along](const Inputs& in) { return kernels::take("take", in[0], in[1], along); },
      [along](const Pullback& p) {
        return Gradients{add_at(p.dy(), p.input(1), p.input(0).shape(), along), none};
      },
      [along] { return text_of(along); });
}

Tensor gather(Operand x, Operand indices, std::ptrdiff_t axis) {
  const std::size_t along = axis_of("gather", x, axis);
  const Tensor places = indices.as_tensor(int64);
  const Tensor from = x.as_tensor();
  located("gather", x, [&] { check_along("gather", from.shape(), places.shape(), along); });
  if (agree_elsewhere(from.shape(), places.shape(), along)) return gather_same(x, places, along);
  const Tensor part = slice(x, first_of(places.shape(), along));
  return gather_same(Operand(part, x.location()), places, along);
}

Tensor scatter_add(Operand x, Operand indices, Operand source, std::ptrdiff_t axis) {
  const std::size_t along = axis_of("scatter_add", x, axis);
  const Tensor to = x.as_tensor(), places = indices.as_tensor(int64), from = source.as_tensor(to.dtype());
  located("scatter_add", x, [&] {
    check_along("scatter_add", to.shape(), places.shape(), along);
    check_source(to.value(), places.shape(), from.value());
  });
  const Tensor added = from.shape() == places.shape() ? from : slice(from, first_of(places.shape(), places.rank()));
  if (agree_elsewhere(to.shape(), places.shape(), along)) return scatter_add_same(x, places, added, along);
  Shape part = places.shape();
  part[along] = to.shape()[along];
  Ints after;
  for (std::size_t i = 0; i < part.rank(); ++i) after.push_back(static_cast<std::ptrdiff_t>(to.shape()[i] - part[i]));
  return x + pad(scatter_add_same(zeros(part, {.dtype = to.dtype()}), places, added, along), Shape(std::vector<std::size_t>(part.rank())),
                 after);
}

Tensor index(Operand x, const std::vector<Tensor>& indices) {
  Picked picked;
  std::vector<Tensor> arrays;
  located("index", x, [&] {
    const Shape shape = x.as_tensor().shape();
    std::size_t axis = 0;
    for (const Tensor& given : indices) {
      const std::size_t taken = given.defined() && given.dtype() == boolean ? given.rank() : 1;
      if (given.defined() && given.dtype() == boolean) check_mask(given.value(), shape, axis);
      if (axis + taken > shape.rank())
        throw ShapeError(fmt::format("index: {} indices for shape {}, which has {} axes", indices.size(), shape, shape.rank()));
      if (given.defined()) {
        for (std::size_t i = 0; i < taken; ++i) picked.axes.push_back(static_cast<std::ptrdiff_t>(axis + i));
        given.dtype() == boolean ? append_positions(given.value(), arrays) : arrays.push_back(given);
      }
      axis += taken;
    }
    if (arrays.empty()) throw Error("index: there is no index, only whole axes");
  });
  return index_axes(x, arrays, picked);
}

Tensor masked_fill(Operand x, Operand mask, Scalar value) {
  const Tensor places = mask.as_tensor(boolean);
  check_fill("masked_fill", x, value);
  return record(
      "masked_fill", "dx = dy, and 0 where the mask is set", {x, Operand(places, x.location())},
      [value](const Inputs& in) {
        if (!broadcasts_to(in[1].shape(), in[0].shape()))
          throw ShapeError(
              fmt::format("masked_fill: x is {} and the mask is {}; the mask has to broadcast to x", in[0].shape(), in[1].shape()));
        if (in[1].dtype() != boolean)
          throw DtypeError(fmt::format("masked_fill: the mask is {}; it needs bool (a comparison makes one)", name_of(in[1].dtype())));
        return kernels::where(in[1], Array::scalar(value, in[0].dtype()), in[0]);
      },
      [](const Pullback& p) {
        return Gradients{masked_fill(p.dy(), p.input(1), 0), none};
      },
      [value] { return fmt::format("value={}", to_string(value)); });
}

Tensor masked_select(Operand x, Operand mask) {
  const Tensor places = mask.as_tensor(boolean), from = x.as_tensor();
  const Shape common = located("masked_select", x, [&] { return broadcast("masked_select", from.shape(), places.shape()); });
  const Tensor all_of_x = from.shape() == common ? from : broadcast_to(x, common);
  const Tensor set = places.shape() == common ? places : Tensor(kernels::broadcast_to(places.value(), common));
  return record(
      "masked_select", "dx = dy where the mask is set", {Operand(all_of_x, x.location()), set},
      [](const Inputs& in) {
        return kernels::take("masked_select", in[0].with_shape({in[0].size()}), kernels::positions_of("masked_select", in[1]), 0);
      },
      [](const Pullback& p) {
        return Gradients{masked_put(p.dy(), p.input(1)), none};
      });
}

Tensor one_hot(Operand labels, std::size_t classes, Dtype dtype) {
  return record(
      "one_hot", "none: a step has no slope", {labels},
      [classes, dtype](const Inputs& in) { return kernels::one_hot(in[0], classes, dtype); },
      [](const Pullback&) { return Gradients{none}; }, [classes] { return fmt::format("classes={}", classes); });
}

}  // namespace reel
