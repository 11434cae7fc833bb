#include "layers_table.hpp"

const std::vector<LayerRow>& layer_rows() {
  static const std::vector<LayerRow> rows = [] {
    std::vector<LayerRow> result;
    append_feedforward(result);
    return result;
  }();
  return rows;
}
