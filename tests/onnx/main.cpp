// Runs ONNX's backend node tests as far as Reel has their operators: `onnx_nodes FOLDER [NAME...]`, with names to see why one is skipped.
#include <algorithm>
#include <cmath>
#include <filesystem>

#include <fmt/format.h>

#include "ops.hpp"

namespace onnx_test {

namespace {

namespace fs = std::filesystem;
using namespace reel;

const Table& table() {
  static const Table all = [] {
    Table t;
    add_elementwise(t);
    add_linalg(t);
    add_neural(t);
    add_reduce(t);
    add_shape(t);
    return t;
  }();
  return all;
}

/// ONNX's own tolerance: |ours - reference| <= 1e-7 + 1e-3 |reference|.
bool agree(const Array& ours, const Array& reference) {
  if (ours.shape() != reference.shape() || ours.dtype() != reference.dtype()) return false;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const double a = ours.as_double(i), b = reference.as_double(i);
    if (a == b || (std::isnan(a) && std::isnan(b))) continue;
    if (!(std::abs(a - b) <= 1e-7 + 1e-3 * std::abs(b))) return false;
  }
  return true;
}

std::vector<Array> read_all(const fs::path& folder, const std::string& prefix) {
  std::vector<Array> result;
  for (std::size_t i = 0; fs::exists(folder / fmt::format("{}_{}.pb", prefix, i)); ++i)
    result.push_back(read_tensor((folder / fmt::format("{}_{}.pb", prefix, i)).string()));
  return result;
}

void run_node(const Node& node, std::int64_t version, std::map<std::string, Tensor>& values) {
  const auto op = table().find(node.op);
  if (op == table().end()) throw Unsupported("operator " + node.op);
  std::vector<Tensor> in;
  for (const std::string& name : node.inputs) in.push_back(name.empty() ? Tensor() : values.at(name));
  const Results results = op->second({node, in, version});
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    if (node.outputs[i].empty()) continue;
    if (i >= results.size()) throw Unsupported(fmt::format("output {} of {}", i, node.op));
    values[node.outputs[i]] = results[i];
  }
}

/// What differs; empty when all agree.
std::string run_data(const Model& model, const fs::path& data) {
  std::map<std::string, Tensor> values;
  for (const auto& [name, array] : model.initial) values[name] = Tensor(array);
  const std::vector<Array> inputs = read_all(data, "input"), expected = read_all(data, "output");
  for (std::size_t i = 0; i < inputs.size() && i < model.inputs.size(); ++i) values[model.inputs[i]] = Tensor(inputs[i]);
  for (const Node& node : model.nodes) run_node(node, model.version, values);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const Array& ours = values.at(model.outputs[i]).value();
    if (!agree(ours, expected[i]))
      return fmt::format("output {} is {} {}, the reference {} {}\nours {}\nreference {}", i, ours.shape(), ours.dtype(),
                         expected[i].shape(), name_of(expected[i].dtype()), ours, expected[i]);
  }
  return {};
}

int run(const std::string& folder, const std::vector<std::string>& only) {
  std::vector<fs::path> cases;
  for (const auto& entry : fs::directory_iterator(folder))
    if (only.empty() || std::find(only.begin(), only.end(), entry.path().filename()) != only.end()) cases.push_back(entry.path());
  std::sort(cases.begin(), cases.end());
  std::size_t passed = 0, failed = 0;
  std::map<std::string, std::size_t> skipped;
  for (const fs::path& path : cases) {
    try {
      const Model model = read_model((path / "model.onnx").string());
      std::string difference;
      for (const auto& data : fs::directory_iterator(path))
        if (data.is_directory() && difference.empty()) difference = run_data(model, data.path());
      if (!difference.empty()) fmt::print("FAILED {}: {}\n", path.filename().string(), difference);
      ++(difference.empty() ? passed : failed);
    } catch (const Unsupported& reason) {
      ++skipped[reason.what()];
      if (!only.empty()) fmt::print("skipped {}: {}\n", path.filename().string(), reason.what());
    } catch (const std::exception& error) {
      fmt::print("FAILED {}: {}\n", path.filename().string(), error.what());
      ++failed;
    }
  }
  std::size_t left_out = 0;
  for (const auto& [reason, count] : skipped) {
    fmt::print("skipped {:>3}: {}\n", count, reason);
    left_out += count;
  }
  fmt::print("{} passed, {} failed, {} skipped\n", passed, failed, left_out);
  return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace

}  // namespace onnx_test

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: onnx_nodes FOLDER [NAME...] (the folder of ONNX's node tests)\n");
    return 2;
  }
  return onnx_test::run(argv[1], {argv + 2, argv + argc});
}
