#include "layers_table.hpp"

const std::vector<LayerRow>& layer_rows() {
  static const std::vector<LayerRow> rows = [] {
    std::vector<LayerRow> result;
    append_activation(result);
    append_convolution(result);
    append_feedforward(result);
    append_normalization(result);
    append_pooling(result);
    append_sequence(result);
    return result;
  }();
  return rows;
}
