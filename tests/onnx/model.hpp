#pragma once
// ONNX models and tensors, read into Reel's terms.
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <reel/reel.hpp>

namespace onnx_test {

/// Why a case is not run: something that Reel does not have, such as unsigned integers.
struct Unsupported : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A node's attributes, by kind.
struct Attributes {
  std::map<std::string, std::int64_t> integers;
  std::map<std::string, double> numbers;
  std::map<std::string, std::string> texts;
  std::map<std::string, std::vector<std::int64_t>> lists;
  std::map<std::string, std::vector<double>> number_lists;
  std::map<std::string, reel::Array> tensors;

  std::int64_t integer(const std::string& name, std::int64_t otherwise) const;
  double number(const std::string& name, double otherwise) const;
  std::string text(const std::string& name, const std::string& otherwise) const;
  std::optional<std::vector<std::int64_t>> list(const std::string& name) const;
};

struct Node {
  std::string op;
  std::vector<std::string> inputs, outputs;  // an empty name: not given, not wanted
  Attributes attributes;
};

struct Model {
  std::int64_t version = 0;  // of the operator set
  std::vector<Node> nodes;
  std::vector<std::string> inputs, outputs;
  std::map<std::string, reel::Array> initial;
};

/// Throws Unsupported for subgraphs, sequences and the like, reel::IoError for a file that is not a model.
Model read_model(const std::string& path);
/// int32 and smaller integers are read as int64. Throws Unsupported for other element types.
reel::Array read_tensor(const std::string& path);

}  // namespace onnx_test
