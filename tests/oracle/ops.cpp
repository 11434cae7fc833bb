#include "ops.hpp"

namespace oracle {

Op find_op(const std::string& name) {
  static const Table table = [] {
    Table all;
    add_conv(all);
    add_elementwise(all);
    add_linalg(all);
    add_losses(all);
    add_reduce(all);
    add_sequence(all);
    add_shape(all);
    return all;
  }();
  const auto found = table.find(name);
  return found == table.end() ? nullptr : found->second;
}

}  // namespace oracle
