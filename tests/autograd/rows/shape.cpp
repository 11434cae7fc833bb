#include "../ops_table.hpp"

using namespace reel;

namespace {

const Cases anyhow{{{1}}, {{4}}, {{2, 3}}, {{0, 3}}, {{2, 1, 2, 1, 3}}};

void append_axes(std::vector<Row>& rows) {
  const auto row = [&](const char* op, const char* variant, auto f, const Cases& cases) {
    rows.push_back({op, variant, [f](const In& in) { return f(in[0]); }, cases, anything});
  };
  row(
      "flatten", "", [](const Tensor& x) { return flatten(x); }, unary);
  row("flatten", "some axes", [](const Tensor& x) { return flatten(x, 1, -2); }, {{{2, 3, 2}}, {{2, 1, 2, 1, 3}}, {{0, 2, 1}}});
  row(
      "squeeze", "", [](const Tensor& x) { return squeeze(x); }, unary);
  row("squeeze", "two axes", [](const Tensor& x) { return squeeze(x, {1, -2}); }, {{{2, 1, 1, 3}}, {{2, 1, 2, 1, 3}}, {{0, 1, 1, 2}}});
  row(
      "unsqueeze", "in front", [](const Tensor& x) { return unsqueeze(x, 0); }, unary);
  row(
      "unsqueeze", "behind", [](const Tensor& x) { return unsqueeze(x, -1); }, unary);
  row(
      "movedim", "", [](const Tensor& x) { return movedim(x, 0, -1); }, anyhow);
  row(
      "slice", "ellipsis, new axes",
      [](const Tensor& x) {
        return slice(x, {newaxis, ellipsis, newaxis, 0});
      },
      anyhow);
  row("slice", "in brackets",
      [](const Tensor& x) {
        return x[{0, ellipsis, {std::nullopt, std::nullopt, -1}}];
      },
      {{{1, 1}}, {{2, 3}}, {{2, 0}}, {{2, 1, 2, 1, 3}}});
}

void append_arranged(std::vector<Row>& rows) {
  const auto row = [&](const char* op, const char* variant, auto f, const Cases& cases) {
    rows.push_back({op, variant, [f](const In& in) { return f(in[0]); }, cases, anything});
  };
  row(
      "flip", "all axes", [](const Tensor& x) { return flip(x); }, unary);
  row(
      "flip", "last axis", [](const Tensor& x) { return flip(x, -1); }, anyhow);
  row("flip", "two axes", [](const Tensor& x) { return flip(x, {0, -1}); }, {{{2, 3}}, {{2, 1, 2, 1, 3}}});
  row(
      "roll", "flat", [](const Tensor& x) { return roll(x, 2); }, unary);
  row("roll", "two axes", [](const Tensor& x) { return roll(x, {1, -5}, {0, -1}); }, {{{2, 3}}, {{0, 3}}, {{2, 1, 2, 1, 3}}});
  row("tile", "", [](const Tensor& x) { return tile(x, {2, 3}); }, {{Shape{}}, {{1}}, {{3}}, {{2, 3}}, {{0, 3}}, {{2, 1, 2, 1, 3}}});
  row(
      "tile", "zero times", [](const Tensor& x) { return tile(x, {0}); }, anyhow);
  row("pad", "", [](const Tensor& x) { return pad(x, {1, 0}, {0, 2}, {.value = 0.5}); }, {{{2, 3}}, {{0, 3}}, {{1, 1}}});
  row("pad", "five axes", [](const Tensor& x) { return pad(x, {0, 1, 0, 0, 2}, {1, 0, 0, 1, 1}); }, {{{2, 1, 2, 1, 3}}});
  row("pad", "a scalar", [](const Tensor& x) { return pad(x, {}, {}); }, {{Shape{}}});
  row("pad", "reflect", [](const Tensor& x) { return pad(x, {1, 2}, {0, 3}, {.mode = PadMode::reflect}); }, {{{2, 4}}, {{3, 5}}});
  row("pad", "edge", [](const Tensor& x) { return pad(x, {1, 2}, {0, 3}, {.mode = PadMode::edge}); }, {{{2, 4}}, {{1, 1}}});
  row("pad", "wrap", [](const Tensor& x) { return pad(x, {1, 2}, {0, 5}, {.mode = PadMode::wrap}); }, {{{2, 4}}, {{1, 1}}, {{3, 2}}});
  row(
      "tril", "", [](const Tensor& x) { return tril(x, -1); }, matrices);
  row("triu", "", [](const Tensor& x) { return triu(x, 1); }, {{{1, 1}}, {{0, 3}}, {{4, 3}}, {{2, 1, 2, 3, 3}}});
  row(
      "diagonal", "", [](const Tensor& x) { return diagonal(x); }, matrices);
  row("diagonal", "of the first axes, below", [](const Tensor& x) { return diagonal(x, {.offset = -1, .axis_a = 0, .axis_b = 1}); },
      {{{3, 2}}, {{4, 2, 2}}, {{2, 1, 2, 1, 3}}, {{1, 3}}});
  row("diag", "of a vector", [](const Tensor& x) { return diag(x, -2); }, {{{1}}, {{3}}, {{0}}});
  row("diag", "of a matrix", [](const Tensor& x) { return diag(x, 1); }, {{{2, 3}}, {{3, 1}}, {{0, 3}}});
}

void append_joined(std::vector<Row>& rows) {
  const auto stacked = [&](const char* variant, std::ptrdiff_t axis, const Cases& cases) {
    rows.push_back({"stack", variant, [axis](const In& in) { return stack(in, axis); }, cases, anything});
  };
  stacked("", 0, {{Shape{}, Shape{}}, {{2}}, {{2, 3}, {2, 3}, {2, 3}}, {{0, 3}, {0, 3}}, {{1, 1, 2, 1, 3}, {1, 1, 2, 1, 3}}});
  stacked("last axis", -1, {{{2, 3}, {2, 3}}, {{2, 0}, {2, 0}}});
  rows.push_back({"slice",
                  "by split and chunk",
                  [](const In& in) {
                    const std::vector<Tensor> parts = split(in[0], {1, 3}), halves = chunk(parts[1], 2, -1), thirds = split(halves[0], 2);
                    return sum(parts[0]) * thirds[0] + sum(halves[1]) * thirds[1];
                  },
                  {{{4, 3}}, {{4, 2, 1, 1, 2}}},
                  anything});
}

}  // namespace

void append_shape(std::vector<Row>& rows) {
  append_axes(rows);
  append_arranged(rows);
  append_joined(rows);
  const auto row = [&](const char* op, const char* variant, auto f, const Cases& cases) {
    rows.push_back({op, variant, [f](const In& in) { return f(in[0]); }, cases, anything});
  };
  row(
      "reshape", "flat", [](const Tensor& x) { return reshape(x, -1); }, unary);
  row("reshape", "", [](const Tensor& x) { return reshape(x, {3, 1, -1}); }, {{{2, 3}}, {{3}}, {{2, 1, 2, 1, 3}}, {{0, 3}}});
  row(
      "transpose", "", [](const Tensor& x) { return transpose(x); }, matrices);
  row("transpose", "first and last", [](const Tensor& x) { return transpose(x, 0, -1); }, {{{3}}, {{2, 3}}, {{0, 3}}, {{2, 1, 2, 1, 3}}});
  row("permute", "", [](const Tensor& x) { return permute(x, {2, 0, 1}); }, {{{2, 3, 4}}, {{0, 3, 1}}, {{1, 1, 1}}});
  row("permute", "five axes", [](const Tensor& x) { return permute(x, {4, -4, 0, 3, 2}); }, {{{2, 1, 2, 1, 3}}});
  row("permute", "a scalar", [](const Tensor& x) { return permute(x, {}); }, {{Shape{}}});
  row("slice", "a range", [](const Tensor& x) { return slice(x, {{}, {1, 3}}); }, {{{2, 4}}, {{0, 3}}, {{2, 1}}, {{2, 3, 2, 1, 1}}});
  row("slice", "one element", [](const Tensor& x) { return slice(x, {0, -1}); }, {{{2, 4}}, {{1, 1}}, {{2, 3, 2, 1, 1}}});
  row("slice", "backwards",
      [](const Tensor& x) {
        return slice(x, {{std::nullopt, std::nullopt, -2}});
      },
      {{{5}}, {{4, 2}}, {{0}}, {{2, 1, 2, 1, 3}}});
  const auto joined = [&](const char* variant, std::ptrdiff_t axis, const Cases& cases) {
    rows.push_back({"concatenate", variant, [axis](const In& in) { return concatenate(in, axis); }, cases, anything});
  };
  joined("", 0, {{{2}}, {{2}, {3}, {1}}, {{2, 3}, {1, 3}}, {{0, 3}, {2, 3}}, {{1, 1, 2, 1, 3}, {2, 1, 2, 1, 3}}});
  joined("last axis", -1, {{{2, 3}, {2, 1}, {2, 2}}, {{0, 3}, {0, 1}}, {{2, 0}, {2, 2}}});
}
