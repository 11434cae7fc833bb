#include "../ops_table.hpp"

using namespace reel;

void append_random(std::vector<Row>& rows) {
  rows.push_back({"dropout", "",
                  [](const In& in) {
                    const SeedScope fixed(5);
                    return dropout(in[0], 0.4);
                  },
                  unary, anything});
  rows.push_back({"dropout", "p = 0", [](const In& in) { return dropout(in[0], 0); }, {{{2, 3}}}, anything});
}
