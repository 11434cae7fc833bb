#include <reel/autograd/ops/arrange.hpp>
#include <reel/autograd/ops/detail/fill.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <reel/autograd/ops/detail/reduction.hpp>
#include <reel/core/format.hpp>
#include <reel/core/kernels/index.hpp>
#include <reel/core/kernels/manipulation.hpp>

namespace reel {

namespace {

using detail::axis_of;

/// Sums a tiled x back to `shape`: the transpose of tile(), and its own rule's.
Tensor tile_backward(const Tensor& x, const Shape& shape, const Ints& repeats) {
  return record(
      "tile_backward", "dx = dy, repeated", {x},
      [shape, repeats](const Inputs& in) { return kernels::tile_backward(in[0], shape, repeats); },
      [repeats](const Pullback& p) { return Gradients{tile(p.dy(), repeats)}; }, [repeats] { return to_string(repeats); });
}

/// Zeros of `shape` with x on a diagonal: the transpose of diagonal(), and its own rule's.
Tensor diagonal_backward(const Operand& x, const Shape& shape, DiagonalOptions at) {
  const std::size_t a = normalize_axis("diagonal", at.axis_a, shape.rank()), b = normalize_axis("diagonal", at.axis_b, shape.rank());
  return record(
      "diagonal_backward", "dx = dy's diagonal", {x},
      [=](const Inputs& in) { return kernels::diagonal_backward(in[0], shape, at.offset, a, b); },
      [at](const Pullback& p) { return Gradients{diagonal(p.dy(), at)}; }, [at] { return fmt::format("offset={}", at.offset); });
}

Tensor triangle(Literal op, const Operand& x, std::ptrdiff_t k, bool lower) {
  located(op, x, [&] {
    const Shape shape = x.as_tensor().shape();
    if (shape.rank() < 2) throw ShapeError(fmt::format("{}: x is {}; it needs at least two axes", op.text, shape));
  });
  return record(
      op, "dx = the same part of dy", {x}, [k, lower](const Inputs& in) { return kernels::triangle(in[0], k, lower); },
      [k, lower](const Pullback& p) { return Gradients{lower ? tril(p.dy(), k) : triu(p.dy(), k)}; },
      [k] { return fmt::format("k={}", k); });
}

/// The padding before and after each axis, as plain data.
struct Padding {
  Ints before, after;

  Shape around(Shape shape) const {
    for (std::size_t i = 0; i < shape.rank(); ++i) shape[i] += static_cast<std::size_t>(before[i] + after[i]);
    return shape;
  }
  /// The position of x in the result.
  Slices inside(const Shape& shape) const {
    Slices slices = Slices::whole(shape.rank());
    for (std::size_t i = 0; i < shape.rank(); ++i) slices[i] = Slice(before[i], before[i] + static_cast<std::ptrdiff_t>(shape[i]));
    return slices;
  }
  std::string text() const { return fmt::format("before={}, after={}", to_string(before), to_string(after)); }
};

/// The index of the element at position i of an axis of length n when positions outside of [0, n) are filled from inside.
std::ptrdiff_t source_of(std::ptrdiff_t i, std::ptrdiff_t n, PadMode mode) {
  if (mode == PadMode::edge) return std::clamp(i, std::ptrdiff_t{0}, n - 1);
  if (mode == PadMode::wrap) return (i % n + n) % n;
  return i < 0 ? -i : i >= n ? 2 * (n - 1) - i : i;
}

/// The elements that make up a padded axis, as indices.
Array sources_of(std::size_t length, std::ptrdiff_t before, std::ptrdiff_t after, PadMode mode) {
  const auto n = static_cast<std::ptrdiff_t>(length);
  Array sources({n + before + after}, int64);
  auto* to = sources.mutable_data<std::int64_t>();
  for (std::ptrdiff_t i = -before; i < n + after; ++i) *to++ = source_of(i, n, mode);
  return sources;
}

Array pad_from_inside(const Array& x, const Padding& padding, PadMode mode) {
  Array y = x;
  for (std::size_t axis = 0; axis < x.rank(); ++axis)
    if (padding.before[axis] + padding.after[axis] > 0)
      y = kernels::take("pad", y, sources_of(x.shape()[axis], padding.before[axis], padding.after[axis], mode), axis);
  return y;
}

/// The transpose: elements outside are added to the elements that they came from.
Array fold_padding(const Array& x, const Shape& shape, const Padding& padding, PadMode mode) {
  Array y = x;
  Shape current = x.shape();
  for (std::size_t axis = shape.rank(); axis-- > 0;) {
    if (padding.before[axis] + padding.after[axis] == 0) continue;
    current[axis] = shape[axis];
    y = kernels::add_at("pad", y, current, sources_of(shape[axis], padding.before[axis], padding.after[axis], mode), axis);
  }
  return y;
}

Tensor unpad(const Tensor& x, const Shape& shape, const Padding& padding, PadMode mode) {
  return record(
      "unpad", "dx = dy, padded", {x}, [=](const Inputs& in) { return fold_padding(in[0], shape, padding, mode); },
      [padding, mode](const Pullback& p) { return Gradients{pad(p.dy(), padding.before, padding.after, {.mode = mode})}; },
      [padding] { return padding.text(); });
}

void check_padding(const Shape& shape, const Padding& padding, PadMode mode) {
  if (padding.before.size() != shape.rank() || padding.after.size() != shape.rank())
    throw ShapeError(fmt::format("pad: {} before and {} after, for shape {}; both need one number an axis", to_string(padding.before),
                                 to_string(padding.after), shape));
  for (std::size_t i = 0; i < shape.rank(); ++i) {
    const std::ptrdiff_t least = std::min(padding.before[i], padding.after[i]), most = std::max(padding.before[i], padding.after[i]);
    if (least < 0) throw ShapeError(fmt::format("pad: {} on axis {} is negative (a slice cuts off)", least, i));
    if (mode == PadMode::constant || most == 0) continue;
    if (shape[i] == 0) throw ShapeError(fmt::format("pad: axis {} of shape {} is empty, so there is nothing to pad with", i, shape));
    if (mode == PadMode::reflect && static_cast<std::size_t>(most) >= shape[i])
      throw ShapeError(fmt::format("pad: {} on axis {} of shape {}; to reflect, it has to be less than the length", most, i, shape));
  }
}

}  // namespace

Tensor flip(Operand x, Ints axes) {
  const Ints reversed = located("flip", x, [&] {
    const std::size_t rank = x.as_tensor().rank();
    return normalize_axes("flip", axes, rank);
  });
  return record(
      "flip", "dx = dy, reversed", {x}, [reversed](const Inputs& in) { return kernels::flip(in[0], reversed); },
      [reversed](const Pullback& p) { return Gradients{flip(p.dy(), reversed)}; }, [reversed] { return "axis=" + to_string(reversed); });
}

Tensor roll(Operand x, Ints shifts, Ints axes) {
  Ints along, back;
  located("roll", x, [&] {
    if (shifts.size() != std::max<std::size_t>(1, axes.size()))
      throw ShapeError(fmt::format("roll: shifts {} for axes {}; both need one number an axis", to_string(shifts), to_string(axes)));
    if (!axes.empty()) normalize_axes("roll", axes, x.as_tensor().rank());
    for (const std::ptrdiff_t axis : axes) along.push_back(static_cast<std::ptrdiff_t>(normalize_axis("roll", axis, x.as_tensor().rank())));
  });
  for (const std::ptrdiff_t shift : shifts) back.push_back(-shift);
  return record(
      "roll", "dx = dy, shifted back", {x},
      [shifts, along](const Inputs& in) {
        if (!along.empty()) return kernels::roll(in[0], shifts, along);
        return kernels::roll(in[0].with_shape({in[0].size()}), shifts, 0).with_shape(in[0].shape());
      },
      [back, along](const Pullback& p) { return Gradients{roll(p.dy(), back, along)}; },
      [shifts, along] { return fmt::format("shifts={}, axes={}", to_string(shifts), to_string(along)); });
}

Tensor tile(Operand x, Ints repeats) {
  const Tensor given = x.as_tensor();
  located("tile", x, [&] {
    given.value();
    for (const std::ptrdiff_t r : repeats)
      if (r < 0) throw ShapeError(fmt::format("tile: repeats are {}; none may be negative", to_string(repeats)));
  });
  Ints all;
  for (std::size_t i = repeats.size(); i < given.rank(); ++i) all.push_back(1);
  for (const std::ptrdiff_t r : repeats) all.push_back(r);
  Shape shape;
  for (std::size_t i = given.rank(); i < all.size(); ++i) shape.push_back(1);
  for (const std::size_t length : given.shape()) shape.push_back(length);
  return record(
      "tile", "dx = dy, summed over the repeats", {x},
      [shape, all](const Inputs& in) { return kernels::tile(in[0].with_shape(shape), all); },
      [shape, all](const Pullback& p) {
        const Tensor summed = tile_backward(p.dy(), shape, all);
        return Gradients{shape == p.input(0).shape() ? summed : reshape(summed, p.input(0).shape())};
      },
      [all] { return to_string(all); });
}

Tensor pad(Operand x, Ints before, Ints after, PadOptions options) {
  const Padding padding{before, after};
  located("pad", x, [&] { check_padding(x.as_tensor().shape(), padding, options.mode); });
  if (options.mode == PadMode::constant) {
    detail::check_fill("pad", x, options.value);
    return record(
        "pad", "dx = dy inside", {x},
        [padding, value = options.value](const Inputs& in) {
          const Shape& shape = in[0].shape();
          return kernels::slice_backward(in[0], padding.around(shape), padding.inside(shape), value);
        },
        [padding](const Pullback& p) { return Gradients{slice(p.dy(), padding.inside(p.input(0).shape()))}; },
        [padding, value = options.value] { return fmt::format("{}, value={}", padding.text(), to_string(value)); });
  }
  return record(
      "pad", "dx = dy, each place added to where its element came from", {x},
      [padding, mode = options.mode](const Inputs& in) { return pad_from_inside(in[0], padding, mode); },
      [padding, mode = options.mode](const Pullback& p) { return Gradients{unpad(p.dy(), p.input(0).shape(), padding, mode)}; },
      [padding] { return padding.text(); });
}

Tensor tril(Operand x, std::ptrdiff_t k) { return triangle("tril", x, k, true); }

Tensor triu(Operand x, std::ptrdiff_t k) { return triangle("triu", x, k, false); }

Tensor diagonal(Operand x, DiagonalOptions options) {
  const std::size_t a = axis_of("diagonal", x, options.axis_a), b = axis_of("diagonal", x, options.axis_b);
  located("diagonal", x, [&] {
    if (a == b) throw ShapeError(fmt::format("diagonal: axis {} is named twice", options.axis_b));
  });
  return record(
      "diagonal", "dx = 0, with dy on the diagonal", {x},
      [a, b, offset = options.offset](const Inputs& in) { return kernels::diagonal(in[0], offset, a, b); },
      [options](const Pullback& p) { return Gradients{diagonal_backward(p.dy(), p.input(0).shape(), options)}; },
      [a, b, offset = options.offset] { return fmt::format("offset={}, axes=({}, {})", offset, a, b); });
}

Tensor diag(Operand x, std::ptrdiff_t k) {
  const Shape shape = located("diag", x, [&] {
    const Shape given = x.as_tensor().shape();
    if (given.rank() == 0 || given.rank() > 2)
      throw ShapeError(fmt::format("diag: x is {}; it needs one axis, or two (diagonal takes more)", given));
    return given;
  });
  if (shape.rank() == 2) return diagonal(x, {.offset = k});
  const std::size_t n = shape[0] + static_cast<std::size_t>(k < 0 ? -k : k);
  return diagonal_backward(x, {n, n}, {.offset = k});
}

}  // namespace reel
