#include <algorithm>

#include <fmt/format.h>
#include <reel/autograd/detail/join.hpp>
#include <reel/autograd/functional.hpp>
#include <reel/autograd/ops/join.hpp>
#include <reel/autograd/ops/shape.hpp>

namespace reel::detail {

namespace {

/// The n slices of length 1 along an axis, taken by halving: the gradient of a slice is as large as the tensor that it was taken from, so
/// the gradient of n slices of one tensor would cost n times the tensor, instead of log n times.
List slices_of(const Tensor& x, std::size_t axis) {
  List parts{x};
  for (bool divided = true; divided;) {
    divided = false;
    List finer;
    for (const Tensor& part : parts) {
      const auto length = static_cast<std::ptrdiff_t>(part.shape()[axis]);
      if (length == 1) {
        finer.push_back(part);
        continue;
      }
      Slices first = Slices::whole(part.rank()), second = first;
      first[axis] = Slice(0, length / 2);
      second[axis] = Slice(length / 2, length);
      finer.push_back(slice(part, first));
      finer.push_back(slice(part, second));
      divided = true;
    }
    parts = std::move(finer);
  }
  return parts;
}

Tensor without_axis(const Tensor& x, std::size_t axis) {
  Shape shape;
  for (std::size_t i = 0; i < x.rank(); ++i)
    if (i != axis) shape.push_back(x.shape()[i]);
  return reshape(x, shape);
}

/// Stacks the results along a new axis.
Tensor stacked(List results, std::ptrdiff_t out_axis) {
  for (const Tensor& result : results)
    if (!result.defined()) throw Error("vmap: the function returned a tensor that is not defined");
  const Shape shape = results[0].shape();
  if (shape.rank() == max_rank) throw ShapeError(fmt::format("vmap: results of shape {} have no room for another axis", shape));
  const std::size_t axis = normalize_axis("vmap", out_axis, shape.rank() + 1);
  Shape longer;
  for (std::size_t i = 0; i <= shape.rank(); ++i) longer.push_back(i == axis ? 1 : shape[i < axis ? i : i - 1]);
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (results[i].shape() != shape)
      throw ShapeError(
          fmt::format("vmap: the function's results differ in shape: {} for index 0 and {} for index {}", shape, results[i].shape(), i));
    results[i] = reshape(results[i], longer);
  }
  return join(std::move(results), static_cast<std::ptrdiff_t>(axis));
}

/// The mapped axis of each argument.
std::vector<std::optional<std::size_t>> axes_of(const List& x, const VmapOptions& options) {
  if (!options.in_axes.empty() && options.in_axes.size() != x.size())
    throw Error(fmt::format("vmap: in_axes has {} axes for {} arguments", options.in_axes.size(), x.size()));
  std::vector<std::optional<std::size_t>> axes;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!x[i].defined()) throw Error(fmt::format("vmap: argument {} is not defined", i));
    const std::optional<std::ptrdiff_t> axis = options.in_axes.empty() ? 0 : options.in_axes[i];
    axes.push_back(axis ? std::optional(normalize_axis("vmap", *axis, x[i].rank())) : std::nullopt);
  }
  return axes;
}

std::size_t length_of(const List& x, const std::vector<std::optional<std::size_t>>& axes) {
  std::optional<std::size_t> first;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!axes[i]) continue;
    if (!first) first = i;
    const std::size_t length = x[i].shape()[*axes[i]], expected = x[*first].shape()[*axes[*first]];
    if (length != expected)
      throw ShapeError(
          fmt::format("vmap: argument {} has {} elements along axis {} and argument {} has {} along axis {}; they need to be "
                      "the same",
                      *first, expected, *axes[*first], i, length, *axes[i]));
  }
  if (!first) throw Error("vmap: no argument has an axis to map over");
  const std::size_t n = x[*first].shape()[*axes[*first]];
  if (n == 0) throw ShapeError("vmap: the axis is empty, and the shape of the results is known only to the function");
  return n;
}

}  // namespace

Tensor join(List pieces, std::ptrdiff_t axis) {
  constexpr std::size_t few = 8;
  while (pieces.size() > 1) {
    List joined;
    for (std::size_t i = 0; i < pieces.size(); i += few) {
      const auto begin = pieces.begin() + static_cast<std::ptrdiff_t>(i);
      const auto end = pieces.begin() + static_cast<std::ptrdiff_t>(std::min(i + few, pieces.size()));
      joined.push_back(concatenate(List(begin, end), axis));
    }
    pieces = std::move(joined);
  }
  return pieces[0];
}

Tensor vmap(FunctionRef f, const List& x, const VmapOptions& options, SourceLocation at) {
  const auto checked = [&](const auto& g) { return x.empty() ? g() : located("vmap", Operand(x[0], at), g); };
  const std::vector<std::optional<std::size_t>> axes = checked([&] { return axes_of(x, options); });
  const std::size_t n = checked([&] { return length_of(x, axes); });
  std::vector<List> slices(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const CallSite site(at);
    if (axes[i]) slices[i] = slices_of(x[i], *axes[i]);
  }
  List results;
  for (std::size_t row = 0; row < n; ++row) {
    List arguments;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const CallSite site(at);
      arguments.push_back(axes[i] ? without_axis(slices[i][row], *axes[i]) : x[i]);
    }
    results.push_back(f(arguments));
  }
  const CallSite site(at);
  return checked([&] { return stacked(std::move(results), options.out_axis); });
}

}  // namespace reel::detail
