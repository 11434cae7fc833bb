#include <reel/nn/layers/reshape.hpp>

#include <fmt/format.h>
#include <reel/autograd/ops/shape.hpp>

namespace reel::nn {

Tensor Flatten::forward(const Tensor& x) {
  const CallSite site(called_at());
  return flatten(x, first_, last_);
}

std::string Flatten::description() const { return first_ == 1 && last_ == -1 ? "Flatten" : fmt::format("Flatten({}, {})", first_, last_); }

Tensor Unflatten::forward(const Tensor& x) {
  const CallSite site(called_at());
  const Ints target = located("unflatten", x, [&] {
    const Shape& shape = x.shape();
    const std::size_t axis = normalize_axis("unflatten", axis_, shape.rank());
    const Shape parts = resolve_reshape("unflatten", {shape[axis]}, lengths_);
    Ints result;
    for (std::size_t a = 0; a < shape.rank(); ++a) {
      if (a != axis) result.push_back(static_cast<std::ptrdiff_t>(shape[a]));
      if (a == axis)
        for (const std::size_t length : parts) result.push_back(static_cast<std::ptrdiff_t>(length));
    }
    return result;
  });
  return reshape(x, target);
}

std::string Unflatten::description() const { return fmt::format("Unflatten({}, {})", axis_, to_string(lengths_)); }

Tensor Reshape::forward(const Tensor& x) {
  const CallSite site(called_at());
  const Ints target = located("reshape", x, [&] {
    if (x.rank() == 0) throw ShapeError("reshape: x is (); Reshape needs an axis of batches");
    const Shape& shape = x.shape();
    Ints result(shape[0]);
    const Shape rest = resolve_reshape("reshape", Shape(std::span(shape.begin() + 1, shape.rank() - 1)), shape_);
    for (const std::size_t length : rest) result.push_back(static_cast<std::ptrdiff_t>(length));
    return result;
  });
  return reshape(x, target);
}

std::string Reshape::description() const { return fmt::format("Reshape({})", to_string(shape_)); }

}  // namespace reel::nn
