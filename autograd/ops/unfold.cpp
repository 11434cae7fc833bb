#include <reel/autograd/ops/unfold.hpp>

#include <fmt/format.h>

namespace reel {

namespace {

using kernels::Conv;

std::string text_of(const Conv& c) {
  const auto pair = [](const std::size_t(&values)[3]) { return to_string(Shape{values[1], values[2]}); };
  return fmt::format("kernel={}, stride={}, padding={}, dilation={}", pair(c.kernel), pair(c.stride), pair(c.padding), pair(c.dilation));
}

Tensor fold_by(const Conv& c, const Operand& columns);

Tensor unfold_by(const Conv& c, const Operand& x) {
  return record(
      "unfold", "dx = fold(dy)", {x}, [c](const Inputs& in) { return kernels::unfold(c, in[0]); },
      [c](const Pullback& p) { return Gradients{fold_by(c, p.dy())}; }, [c] { return text_of(c); });
}

Tensor fold_by(const Conv& c, const Operand& columns) {
  return record(
      "fold", "dx = unfold(dy)", {columns}, [c](const Inputs& in) { return kernels::fold(c, in[0]); },
      [c](const Pullback& p) { return Gradients{unfold_by(c, p.dy())}; }, [c] { return text_of(c); });
}

}  // namespace

Tensor unfold(Operand x, Ints kernel, UnfoldOptions options) {
  return unfold_by(located("unfold", x, [&] { return kernels::windows_of("unfold", x.as_tensor().value(), kernel, options); }), x);
}

Tensor fold(Operand x, Ints output, Ints kernel, UnfoldOptions options) {
  return fold_by(located("fold", x, [&] { return kernels::folded_windows_of("fold", x.as_tensor().value(), output, kernel, options); }), x);
}

}  // namespace reel
