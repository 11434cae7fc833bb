#include <reel/autograd/ops/pool.hpp>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/kernels/pool.hpp>

namespace reel {

namespace {

using kernels::Pool;

std::string text_of(const Pool& p) {
  const auto list = [&](const std::size_t(&values)[3]) {
    Ints last;
    for (std::size_t a = 3 - p.spatial; a < 3; ++a) last.push_back(static_cast<std::ptrdiff_t>(values[a]));
    return to_string(last);
  };
  if (p.adaptive) return "output=" + list(p.out);
  return fmt::format("kernel={}, stride={}, padding={}, dilation={}", list(p.kernel), list(p.stride), list(p.padding), list(p.dilation));
}

Tensor max_unpool(const Pool& pool, const Tensor& y, const Tensor& indices);

/// x's elements at fixed indices; max_unpool's transpose.
Tensor gather_pooled(const Pool& pool, const Tensor& x, const Tensor& indices) {
  return record(
      "gather_pooled", "dx = 0, with dy added at the indices", {x, indices},
      [pool](const Inputs& in) { return kernels::gather_pooled(pool, in[0], in[1]); },
      [pool](const Pullback& p) {
        return Gradients{max_unpool(pool, p.dy(), p.input(1)), none};
      },
      [pool] { return text_of(pool); });
}

Tensor max_unpool(const Pool& pool, const Tensor& y, const Tensor& indices) {
  return record(
      "max_unpool", "dx = dy at the indices", {y, indices}, [pool](const Inputs& in) { return kernels::max_unpool(pool, in[0], in[1]); },
      [pool](const Pullback& p) {
        return Gradients{gather_pooled(pool, p.dy(), p.input(1)), none};
      },
      [pool] { return text_of(pool); });
}

/// The indices are computed in the rule, since many forward passes need none.
Tensor max_pool(Literal op, const Operand& x, const Pool& pool) {
  return record(
      op, "dx = dy at the first largest element of each window", {x}, [pool](const Inputs& in) { return kernels::max_pool(pool, in[0]); },
      [pool](const Pullback& p) {
        const Array whole = p.input(0).value(), largest = p.output().value();
        if (!p.differentiable()) return Gradients{Tensor(kernels::max_pool_backward(pool, whole, largest, p.dy().value()))};
        return Gradients{max_unpool(pool, p.dy(), Tensor(kernels::max_pool_indices(pool, whole, largest)))};
      },
      [pool] { return text_of(pool); });
}

Tensor avg_pool_backward(const Pool& pool, const Tensor& y);

Tensor avg_pool(Literal op, const Operand& x, const Pool& pool) {
  return record(
      op, "dx = dy/n over each window, summed where windows overlap", {x},
      [pool](const Inputs& in) { return kernels::avg_pool(pool, in[0]); },
      [pool](const Pullback& p) { return Gradients{avg_pool_backward(pool, p.dy())}; }, [pool] { return text_of(pool); });
}

Tensor avg_pool_backward(const Pool& pool, const Tensor& y) {
  return record(
      "avg_pool_backward", "dx = the mean of dy over each window", {y},
      [pool](const Inputs& in) { return kernels::avg_pool_backward(pool, in[0]); },
      [pool](const Pullback& p) { return Gradients{avg_pool("avg_pool", p.dy(), pool)}; }, [pool] { return text_of(pool); });
}

Pool check(Literal op, std::size_t spatial, const Operand& x, const Ints& kernel, const MaxPoolOptions& options) {
  return located(op, x, [&] { return kernels::max_pool_of(op.text, spatial, x.as_tensor().value(), kernel, options); });
}
Pool check(Literal op, std::size_t spatial, const Operand& x, const Ints& kernel, const AvgPoolOptions& options) {
  return located(op, x, [&] { return kernels::avg_pool_of(op.text, spatial, x.as_tensor().value(), kernel, options); });
}
Pool check(Literal op, std::size_t spatial, const Operand& x, const Ints& output) {
  return located(op, x, [&] { return kernels::adaptive_pool_of(op.text, spatial, x.as_tensor().value(), output); });
}

Pool check_global(Literal op, const Operand& x) {
  return located(op, x, [&] {
    const Array& value = x.as_tensor().value();
    if (value.rank() < 3 || value.rank() > 5)
      throw ShapeError(fmt::format("{}: x is {}; it needs axes N, C and 1 to 3 spatial ones", op.text, value.shape()));
    return kernels::adaptive_pool_of(op.text, value.rank() - 2, value, 1);
  });
}

}  // namespace

Tensor max_pool1d(Operand x, Ints kernel, MaxPoolOptions options) {
  return max_pool("max_pool1d", x, check("max_pool1d", 1, x, kernel, options));
}
Tensor max_pool2d(Operand x, Ints kernel, MaxPoolOptions options) {
  return max_pool("max_pool2d", x, check("max_pool2d", 2, x, kernel, options));
}
Tensor max_pool3d(Operand x, Ints kernel, MaxPoolOptions options) {
  return max_pool("max_pool3d", x, check("max_pool3d", 3, x, kernel, options));
}

Tensor avg_pool1d(Operand x, Ints kernel, AvgPoolOptions options) {
  return avg_pool("avg_pool1d", x, check("avg_pool1d", 1, x, kernel, options));
}
Tensor avg_pool2d(Operand x, Ints kernel, AvgPoolOptions options) {
  return avg_pool("avg_pool2d", x, check("avg_pool2d", 2, x, kernel, options));
}
Tensor avg_pool3d(Operand x, Ints kernel, AvgPoolOptions options) {
  return avg_pool("avg_pool3d", x, check("avg_pool3d", 3, x, kernel, options));
}

Tensor adaptive_avg_pool1d(Operand x, Ints output) {
  return avg_pool("adaptive_avg_pool1d", x, check("adaptive_avg_pool1d", 1, x, output));
}
Tensor adaptive_avg_pool2d(Operand x, Ints output) {
  return avg_pool("adaptive_avg_pool2d", x, check("adaptive_avg_pool2d", 2, x, output));
}
Tensor adaptive_avg_pool3d(Operand x, Ints output) {
  return avg_pool("adaptive_avg_pool3d", x, check("adaptive_avg_pool3d", 3, x, output));
}

Tensor adaptive_max_pool1d(Operand x, Ints output) {
  return max_pool("adaptive_max_pool1d", x, check("adaptive_max_pool1d", 1, x, output));
}
Tensor adaptive_max_pool2d(Operand x, Ints output) {
  return max_pool("adaptive_max_pool2d", x, check("adaptive_max_pool2d", 2, x, output));
}
Tensor adaptive_max_pool3d(Operand x, Ints output) {
  return max_pool("adaptive_max_pool3d", x, check("adaptive_max_pool3d", 3, x, output));
}

Tensor global_avg_pool(Operand x) { return avg_pool("global_avg_pool", x, check_global("global_avg_pool", x)); }
Tensor global_max_pool(Operand x) { return max_pool("global_max_pool", x, check_global("global_max_pool", x)); }

}  // namespace reel
