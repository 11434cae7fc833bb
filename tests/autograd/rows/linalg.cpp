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
           {{2, 1, 1, 2, 3}, {1, 2, 1, 3, 2}}});
  product("a transposed", {.a = true}, {{{3, 2}, {3, 4}}, {{3, 0}, {3, 2}}, {{2, 3, 2}, {3, 2}}, {{3, 2}, {2, 3, 1}}});
  product("b transposed", {.b = true}, {{{2, 3}, {4, 3}}, {{2, 0}, {3, 0}}, {{2, 2, 3}, {2, 3}}, {{2, 3}, {2, 1, 3}}});
  product("both transposed", {.a = true, .b = true}, {{{3, 2}, {4, 3}}, {{2, 3, 2}, {1, 2, 3}}});
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
