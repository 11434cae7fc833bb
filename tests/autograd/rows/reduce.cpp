#include "../ops_table.hpp"

using namespace reel;

void append_reduce(std::vector<Row>& rows) {
  const auto row = [&](const char* op, const char* variant, auto f, const Cases& cases, const std::vector<Range>& ranges = anything) {
    rows.push_back({op, variant, [f](const In& in) { return f(in[0]); }, cases, ranges});
  };
  row(
      "sum", "all axes", [](const Tensor& x) { return sum(x); }, unary);
  row(
      "sum", "last axis", [](const Tensor& x) { return sum(x, -1); }, matrices);
  row(
      "sum", "two axes, kept",
      [](const Tensor& x) {
        return sum(x, {0, -1}, {.keepdims = true});
      },
      matrices);
  row(
      "mean", "all axes", [](const Tensor& x) { return mean(x); }, unary);
  row("mean", "first axis", [](const Tensor& x) { return mean(x, 0); }, {{{4}}, {{2, 3}}, {{3, 0}}, {{2, 1, 2, 1, 3}}});
  row(
      "mean", "last axis, kept", [](const Tensor& x) { return mean(x, -1, {.keepdims = true}); }, matrices);
  row(
      "max", "all axes", [](const Tensor& x) { return max(x); }, not_empty);
  row(
      "max", "last axis, kept", [](const Tensor& x) { return max(x, -1, {.keepdims = true}); }, matrices);
  row("max", "two axes", [](const Tensor& x) { return max(x, {1, -1}); }, {{{2, 3, 2}}, {{2, 2, 1, 1, 3}}});
  row(
      "min", "all axes", [](const Tensor& x) { return min(x); }, not_empty);
  row(
      "min", "last axis, kept", [](const Tensor& x) { return min(x, -1, {.keepdims = true}); }, matrices);
  row("sum_to", "(1, 3)", [](const Tensor& x) { return sum_to(x, {1, 3}); }, {{{2, 3}}, {{0, 3}}, {{1, 3}}, {{2, 2, 1, 2, 3}}});
  row(
      "sum_to", "()", [](const Tensor& x) { return sum_to(x, {}); }, unary);
  row("broadcast_to", "(2, 2, 3)",
      [](const Tensor& x) {
        return broadcast_to(x, {2, 2, 3});
      },
      {{Shape{}}, {{1}}, {{3}}, {{2, 1}}, {{2, 2, 3}}});
  row("broadcast_to", "(0, 3)", [](const Tensor& x) { return broadcast_to(x, {0, 3}); }, {{Shape{}}, {{3}}, {{1, 3}}, {{0, 1}}});
  row("softmax", "last axis", [](const Tensor& x) { return softmax(x); }, {{{1}}, {{4}}, {{0, 3}}, {{3, 0}}, {{2, 3}}, {{2, 1, 2, 1, 3}}});
  row("softmax", "first axis", [](const Tensor& x) { return softmax(x, 0); }, {{{4}}, {{0, 3}}, {{2, 3}}, {{2, 1, 2, 1, 3}}});
  row("log_softmax", "last axis", [](const Tensor& x) { return log_softmax(x); },
      {{{1}}, {{4}}, {{0, 3}}, {{3, 0}}, {{2, 3}}, {{2, 1, 2, 1, 3}}});
  row("log_softmax", "first axis", [](const Tensor& x) { return log_softmax(x, 0); }, {{{4}}, {{0, 3}}, {{2, 3}}, {{2, 1, 2, 1, 3}}});
}
