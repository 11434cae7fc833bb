#pragma once
#include <functional>
#include <string>
#include <vector>

#include "model.hpp"

namespace onnx_test {

/// What a node gets: its inputs, of which those that are not given are not defined.
struct Call {
  const Node& node;
  const std::vector<reel::Tensor>& in;
  std::int64_t version;

  const Attributes& attributes() const { return node.attributes; }
  bool has(std::size_t i) const { return i < in.size() && in[i].defined(); }
  /// An input that holds axes, lengths and the like.
  std::vector<std::int64_t> numbers(std::size_t i) const;
  reel::Ints ints(std::size_t i) const;
};

using Results = std::vector<reel::Tensor>;
using Op = std::function<Results(const Call&)>;
using Table = std::map<std::string, Op>;

void add_elementwise(Table& table);
void add_linalg(Table& table);
void add_neural(Table& table);
void add_reduce(Table& table);
void add_shape(Table& table);

reel::Ints ints_of(const std::vector<std::int64_t>& values);

}  // namespace onnx_test
