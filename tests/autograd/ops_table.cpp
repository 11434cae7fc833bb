#include "ops_table.hpp"

const std::vector<Row>& gradient_rows() {
  static const std::vector<Row> rows = [] {
    std::vector<Row> result;
    append_conv(result);
    append_elementwise(result);
    append_index(result);
    append_linalg(result);
    append_losses(result);
    append_random(result);
    append_reduce(result);
    append_sequence(result);
    append_shape(result);
    return result;
  }();
  return rows;
}
