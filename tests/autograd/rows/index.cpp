#include "../ops_table.hpp"

using namespace reel;

namespace {

/// Indices of a shape, some of them negative and all of them below `length`, so that some come again.
Tensor indices(const Shape& shape, std::size_t length) {
  Array result(shape, int64);
  const auto n = static_cast<std::int64_t>(length);
  for (std::size_t i = 0; i < result.size(); ++i)
    result.mutable_data<std::int64_t>()[i] = static_cast<std::int64_t>(i * 7 % (2 * length)) - n;
  return Tensor(result);
}

/// A mask that is set at every third element.
Tensor mask(const Shape& shape) {
  Array result(shape, boolean);
  for (std::size_t i = 0; i < result.size(); ++i) result.mutable_data<bool>()[i] = i % 3 == 0;
  return Tensor(result);
}

Shape with(Shape shape, std::size_t axis, std::size_t length) {
  shape[axis] = length;
  return shape;
}

void append_along(std::vector<Row>& rows) {
  const auto row = [&](const char* op, const char* variant, auto f, const Cases& cases) {
    rows.push_back({op, variant, [f](const In& in) { return f(in[0]); }, cases, anything});
  };
  const Cases filled{{{1}}, {{4}}, {{2, 3}}, {{3, 0}}, {{2, 1, 2, 1, 3}}};
  row(
      "take", "first axis", [](const Tensor& x) { return take(x, indices({5}, x.shape()[0])); }, filled);
  row("take", "last axis",
      [](const Tensor& x) {
        return take(x, indices({2, 3}, x.shape().back()), -1);
      },
      {{{4}}, {{2, 3}}, {{0, 3}}, {{2, 1, 2, 1, 3}}});
  row(
      "take", "a number", [](const Tensor& x) { return take(x, -1); }, filled);
  row("take", "nothing", [](const Tensor& x) { return take(x, indices({0}, 1)); }, {{{4}}, {{0, 3}}});
  row(
      "gather", "first axis", [](const Tensor& x) { return gather(x, indices(with(x.shape(), 0, 3), x.shape()[0]), 0); }, filled);
  row("gather", "last axis", [](const Tensor& x) { return gather(x, indices(with(x.shape(), x.rank() - 1, 5), x.shape().back()), -1); },
      {{{4}}, {{2, 3}}, {{0, 3}}, {{2, 1, 2, 1, 3}}});
  row("gather", "fewer rows", [](const Tensor& x) { return gather(x, indices({1, 2}, x.shape().back()), 1); }, {{{3, 4}}, {{1, 1}}});
  const auto scatter = [&](const char* variant, const Shape& at, std::ptrdiff_t axis, const Cases& cases) {
    rows.push_back({"scatter_add", variant,
                    [=](const In& in) {
                      const std::size_t along = axis < 0 ? in[0].rank() - 1 : static_cast<std::size_t>(axis);
                      return scatter_add(in[0], indices(at, in[0].shape()[along]), in[1], axis);
                    },
                    cases, anything});
  };
  scatter("first axis", {4, 3}, 0, {{{2, 3}, {4, 3}}, {{1, 3}, {4, 3}}});
  scatter("last axis", {2, 1, 2, 1, 4}, -1, {{{2, 1, 2, 1, 3}, {2, 1, 2, 1, 4}}});
  scatter("fewer rows", {2, 2}, 1, {{{3, 4}, {2, 2}}, {{2, 3}, {3, 4}}});
  scatter("nothing", {0, 3}, 0, {{{2, 3}, {0, 3}}});
}

void append_arrays(std::vector<Row>& rows) {
  const auto row = [&](const char* op, const char* variant, auto f, const Cases& cases) {
    rows.push_back({op, variant, [f](const In& in) { return f(in[0]); }, cases, anything});
  };
  row("index", "one array",
      [](const Tensor& x) {
        return index(x, {indices({2, 2}, x.shape()[0])});
      },
      {{{3}}, {{2, 3}}, {{3, 0}}, {{2, 1, 2, 1, 3}}});
  row("index", "two that broadcast",
      [](const Tensor& x) {
        return index(x, {indices({3, 1}, x.shape()[0]), indices({2}, x.shape()[1])});
      },
      {{{2, 3}}, {{3, 2, 2}}, {{2, 1, 2, 1, 3}}});
  row("index", "inner axes",
      [](const Tensor& x) {
        return index(x, {none, indices({4}, x.shape()[1]), indices({4}, x.shape()[2])});
      },
      {{{2, 3, 2}}, {{2, 1, 2, 1, 3}}});
  row("index", "axes that are no neighbours",
      [](const Tensor& x) {
        return index(x, {indices({4}, x.shape()[0]), none, indices({4}, x.shape()[2])});
      },
      {{{2, 3, 2}}, {{2, 1, 2, 1, 3}}});
  row("index", "a mask", [](const Tensor& x) { return index(x, {mask(x.shape())}); }, {{{4}}, {{2, 3}}, {{0, 3}}, {{2, 1, 2, 1, 3}}});
  row("index", "a mask of rows", [](const Tensor& x) { return index(x, {mask({x.shape()[0]})}); }, {{{4, 2}}, {{2, 1, 2, 1, 3}}});
  row(
      "masked_fill", "", [](const Tensor& x) { return masked_fill(x, mask(x.shape()), 0.5); }, unary);
  row("masked_fill", "a mask that broadcasts", [](const Tensor& x) { return masked_fill(x, mask({3}), 0.5); },
      {{{2, 3}}, {{2, 1, 2, 1, 3}}, {{0, 3}}});
  row(
      "masked_select", "", [](const Tensor& x) { return masked_select(x, mask(x.shape())); }, unary);
  row("masked_select", "both broadcast",
      [](const Tensor& x) {
        return masked_select(x, mask({2, 3}));
      },
      {{{3}}, {{2, 1}}, {{2, 2, 3}}, {Shape{}}});
  rows.push_back({"one_hot", "", {}, {}, {}});  // no gradient; it has tests of its own
}

}  // namespace

void append_index(std::vector<Row>& rows) {
  append_along(rows);
  append_arrays(rows);
}
