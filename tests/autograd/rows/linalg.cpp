#include "../ops_table.hpp"

using namespace reel;

void append_linalg(std::vector<Row>& rows) {
  const auto product = [&](const char* variant, Transposed transposed, const Cases& cases) {
    rows.push_back({"matmul", variant, [transposed](const In& in) { return matmul(in[0], in[1], transposed); }, cases, anything});
  };
  product("", {},
          {{{2, 3}, {3, 4}},
           {{1, 1}, {1, 1}},
           {{0, 3}, {3, 2}},
           {{2, 0}, {0, 3}},
           {{2, 3}, {3, 0}},
           {{2, 2, 3}, {3, 2}},
           {{2, 3}, {2, 3, 2}},
           {{2, 1, 2, 3}, {3, 3, 1}},
           {{0, 2, 3}, {3, 2}},
           {{1, 2, 3}, {2, 3, 2}},
           {{2, 1, 1, 2, 3}, {1, 2, 1, 3, 2}},
           {{1, 1, 2, 3}, {0, 3, 2}},
           {{3, 1, 2, 1, 3}, {2, 2, 3, 1}},
           {{17, 3}, {3, 5}}});
  product("vectors", {},
          {{{3}, {3}},
           {{0}, {0}},
           {{1}, {1, 1}},
           {{3}, {3, 4}},
           {{3, 4}, {4}},
           {{0}, {0, 2}},
           {{3}, {2, 3, 4}},
           {{2, 3, 4}, {4}},
           {{2, 1, 1, 2, 3}, {3}},
           {{3}, {2, 1, 2, 3, 1}},
           {{0, 2, 3}, {3}}});
  product("a vector by a transposed matrix", {.b = true}, {{{3}, {4, 3}}, {{3}, {2, 4, 3}}, {{1}, {2, 1}}});
  product("a transposed matrix by a vector", {.a = true}, {{{3, 4}, {3}}, {{2, 3, 4}, {3}}, {{1, 2}, {1}}});
  product("a transposed", {.a = true}, {{{3, 2}, {3, 4}}, {{3, 0}, {3, 2}}, {{2, 3, 2}, {3, 2}}, {{3, 2}, {2, 3, 1}}, {{2, 3, 1}, {3, 2}}});
  product("b transposed", {.b = true}, {{{2, 3}, {4, 3}}, {{2, 0}, {3, 0}}, {{2, 2, 3}, {2, 3}}, {{2, 3}, {2, 1, 3}}});
  product("both transposed", {.a = true, .b = true}, {{{3, 2}, {4, 3}}, {{2, 3, 2}, {1, 2, 3}}});
  const Cases vectors{{{3}, {3}}, {{1}, {1}}, {{0}, {0}}};
  rows.push_back({"dot", "", [](const In& in) { return dot(in[0], in[1]); }, vectors, anything});
  rows.push_back(
      {"outer", "", [](const In& in) { return outer(in[0], in[1]); }, {{{3}, {4}}, {{1}, {1}}, {{0}, {2}}, {{2}, {0}}}, anything});
  rows.push_back({"linear",
                  "with bias",
                  [](const In& in) { return linear(in[0], in[1], in[2]); },
                  {{{3}, {2, 3}, {2}}, {{4, 3}, {2, 3}, {2}}, {{0, 3}, {2, 3}, {2}}, {{1, 1}, {1, 1}, {1}}, {{2, 1, 2, 1, 3}, {2, 3}, {2}}},
                  anything});
  rows.push_back({"linear",
                  "without bias",
                  [](const In& in) { return linear(in[0], in[1]); },
                  {{{3}, {2, 3}}, {{4, 3}, {2, 3}}, {{0, 3}, {2, 3}}, {{4, 0}, {2, 0}}, {{2, 1, 2, 1, 3}, {2, 3}}},
                  anything});
}
