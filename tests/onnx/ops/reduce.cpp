#include "../ops.hpp"

namespace onnx_test {

using namespace reel;

namespace {

/// A reduction over axes that an attribute names, or a second input; all of them when nobody does.
template <class F>
Op reduction(F f) {
  return [f](const Call& c) -> Results {
    const ReduceOptions options{.keepdims = c.attributes().integer("keepdims", 1) != 0};
    Ints axes;
    if (const auto named = c.attributes().list("axes")) axes = ints_of(*named);
    if (c.has(1)) axes = c.ints(1);
    if (axes.empty() && c.attributes().integer("noop_with_empty_axes", 0) != 0) return {c.in[0]};
    if (axes.empty() && options.keepdims)
      for (std::size_t i = 0; i < c.in[0].rank(); ++i) axes.push_back(static_cast<std::ptrdiff_t>(i));
    return {f(c.in[0], axes, options)};
  };
}

Op choice(Tensor (*f)(Operand, std::ptrdiff_t, ReduceOptions)) {
  return [f](const Call& c) -> Results {
    const std::ptrdiff_t axis = c.attributes().integer("axis", 0);
    const ReduceOptions options{.keepdims = c.attributes().integer("keepdims", 1) != 0};
    if (c.attributes().integer("select_last_index", 0) == 0) return {f(c.in[0], axis, options)};
    const auto last = static_cast<std::int64_t>(
                          c.in[0].shape()[static_cast<std::size_t>(axis < 0 ? axis + static_cast<std::ptrdiff_t>(c.in[0].rank()) : axis)]) -
                      1;
    return {last - f(flip(c.in[0], axis), axis, options)};
  };
}

/// Before version 13 a softmax is one over all axes from `axis` on.
Op softmax_along(Tensor (*f)(Operand, std::ptrdiff_t)) {
  return [f](const Call& c) -> Results {
    if (c.version >= 13) return {f(c.in[0], c.attributes().integer("axis", -1))};
    const Tensor flat = flatten(c.in[0], c.attributes().integer("axis", 1), -1);
    return {reshape(f(flat, -1), c.in[0].shape())};
  };
}

Results cumulative(const Call& c) {
  const std::ptrdiff_t axis = c.numbers(1)[0];
  const bool reversed = c.attributes().integer("reverse", 0) != 0;
  Tensor x = reversed ? flip(c.in[0], axis) : c.in[0];
  Tensor y = cumsum(x, axis);
  if (c.attributes().integer("exclusive", 0) != 0) y = y - x;
  return {reversed ? flip(y, axis) : y};
}

Results top(const Call& c) {
  const auto k = static_cast<std::size_t>(c.numbers(1)[0]);
  const TopK found = topk(c.in[0], k, {.axis = c.attributes().integer("axis", -1), .largest = c.attributes().integer("largest", 1) != 0});
  return {found.values, found.indices};
}

Results hardmax(const Call& c) {
  const std::ptrdiff_t axis = c.attributes().integer("axis", -1);
  const std::size_t n = c.in[0].shape()[static_cast<std::size_t>(axis < 0 ? axis + static_cast<std::ptrdiff_t>(c.in[0].rank()) : axis)];
  return {movedim(one_hot(argmax(c.in[0], axis), n, c.in[0].dtype()), -1, axis)};
}

}  // namespace

void add_reduce(Table& table) {
  const auto floating = [](auto f) {
    return [f](const Tensor& x, const Ints& axes, ReduceOptions options) {
      if (!is_floating(x.dtype())) throw Unsupported("means and norms of integers");
      return f(x, axes, options);
    };
  };
  table.insert({
      {"ArgMax", choice([](Operand x, std::ptrdiff_t axis, ReduceOptions o) { return argmax(x, axis, o); })},
      {"ArgMin", choice([](Operand x, std::ptrdiff_t axis, ReduceOptions o) { return argmin(x, axis, o); })},
      {"CumSum", cumulative},
      {"Hardmax", hardmax},
      {"LogSoftmax", softmax_along([](Operand x, std::ptrdiff_t axis) { return log_softmax(x, axis); })},
      {"ReduceL1",
       reduction(floating([](const Tensor& x, const Ints& a, ReduceOptions o) { return norm(x, a, {.p = 1, .keepdims = o.keepdims}); }))},
      {"ReduceL2",
       reduction(floating([](const Tensor& x, const Ints& a, ReduceOptions o) { return norm(x, a, {.keepdims = o.keepdims}); }))},
      {"ReduceLogSum", reduction(floating([](const Tensor& x, const Ints& a, ReduceOptions o) { return log(sum(x, a, o)); }))},
      {"ReduceLogSumExp", reduction(floating([](const Tensor& x, const Ints& a, ReduceOptions o) { return logsumexp(x, a, o); }))},
      {"ReduceMax", reduction([](const Tensor& x, const Ints& a, ReduceOptions o) { return max(x, a, o); })},
      {"ReduceMean", reduction(floating([](const Tensor& x, const Ints& a, ReduceOptions o) { return mean(x, a, o); }))},
      {"ReduceMin", reduction([](const Tensor& x, const Ints& a, ReduceOptions o) { return min(x, a, o); })},
      {"ReduceProd", reduction([](const Tensor& x, const Ints& a, ReduceOptions o) { return prod(x, a, o); })},
      {"ReduceSum", reduction([](const Tensor& x, const Ints& a, ReduceOptions o) { return sum(x, a, o); })},
      {"ReduceSumSquare", reduction([](const Tensor& x, const Ints& a, ReduceOptions o) { return sum(square(x), a, o); })},
      {"Softmax", softmax_along([](Operand x, std::ptrdiff_t axis) { return softmax(x, axis); })},
      {"TopK", top},
  });
}

}  // namespace onnx_test
