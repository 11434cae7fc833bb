#include "ops.hpp"

namespace onnx_test {

using namespace reel;

Ints ints_of(const std::vector<std::int64_t>& values) {
  Ints result;
  for (const std::int64_t v : values) result.push_back(v);
  return result;
}

std::vector<std::int64_t> Call::numbers(std::size_t i) const {
  const auto values = in[i].value().span<std::int64_t>();
  return {values.begin(), values.end()};
}

Ints Call::ints(std::size_t i) const { return ints_of(numbers(i)); }

}  // namespace onnx_test
