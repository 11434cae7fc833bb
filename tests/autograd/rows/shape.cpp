#include "../ops_table.hpp"

using namespace reel;

void append_shape(std::vector<Row>& rows) {
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
