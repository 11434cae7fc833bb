#include <reel/nn/losses/checks.hpp>

#include <limits>

#include <fmt/format.h>
#include <reel/autograd/ops/reduce.hpp>

namespace reel::nn::detail {

namespace {

constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();

/// The position of the first element that is `wrong`. Looks for any first, without a branch.
template <class F>
std::size_t first_that(const Array& x, const F& wrong) {
  return visit(x.dtype(), [&](auto t) {
    const auto elements = x.span<decltype(t)>();
    bool any = false;
    for (const auto v : elements) any |= wrong(v);
    if (!any) return nowhere;
    std::size_t i = 0;
    while (!wrong(elements[i])) ++i;
    return i;
  });
}

}  // namespace

void check_alike(Literal loss, const Operand& a, const Operand& b, const char* a_name, const char* b_name) {
  located(loss, a, [&] {
    const Tensor x = a.is_number() && !b.is_number() ? a.as_tensor(b.value().dtype()) : a.as_tensor();
    const Tensor y = b.as_tensor(x.dtype());
    if (x.shape() != y.shape())
      throw ShapeError(fmt::format("{}: {} is {} and {} is {}; both need one shape", loss.text, a_name, x.shape(), b_name, y.shape()));
    if (x.dtype() != y.dtype() || !is_floating(x.dtype()))
      throw DtypeError(fmt::format("{}: {} is {} and {} is {}; both need float32, or both float64 (astype converts)", loss.text, a_name,
                                   name_of(x.dtype()), b_name, name_of(y.dtype())));
  });
}

void check_weight(Literal loss, const Operand& at, const char* name, const Tensor& weight, const Shape& shape, Dtype dtype) {
  if (!weight.defined()) return;
  located(loss, at, [&] {
    if (!broadcasts_to(weight.shape(), shape))
      throw ShapeError(
          fmt::format("{}: {} is {} and target is {}; {} has to broadcast to target", loss.text, name, weight.shape(), shape, name));
    if (weight.dtype() != dtype)
      throw DtypeError(fmt::format("{}: {} is {} and prediction is {}; both need one dtype (astype converts)", loss.text, name,
                                   name_of(weight.dtype()), name_of(dtype)));
  });
}

void check_range(Literal loss, const Operand& at, const char* name, const Array& x, double low, double high, const char* rule) {
  const std::size_t i = first_that(x, [low, high](auto v) { return static_cast<double>(v) < low || static_cast<double>(v) > high; });
  require(loss, at, i == nowhere, i == nowhere ? "" : fmt::format("{} has {} at position {}; {}", name, x.as_double(i), i, rule));
}

void check_signs(Literal loss, const Operand& at, const Array& labels) {
  const std::size_t i = first_that(labels, [](auto v) { return static_cast<double>(v) != 1 && static_cast<double>(v) != -1; });
  require(loss, at, i == nowhere,
          i == nowhere ? "" : fmt::format("target has {} at position {}; labels are 1 and -1", labels.as_double(i), i));
}

void require(Literal loss, const Operand& at, bool holds, const std::string& broken) {
  if (holds) return;
  located(loss, at, [&] { throw Error(fmt::format("{}: {}", loss.text, broken)); });
}

Tensor reduced(const Tensor& losses, Reduction reduction) {
  switch (reduction) {
    case Reduction::mean: return mean(losses);
    case Reduction::sum: return sum(losses);
    case Reduction::none: break;
  }
  return losses;
}

}  // namespace reel::nn::detail
