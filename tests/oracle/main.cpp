#include <exception>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "check.hpp"
#include "training.hpp"

namespace {

using namespace oracle;

Json read_json(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw reel::IoError(fmt::format("{}: cannot be opened", path));
  return Json::parse(file);
}

struct Count {
  std::size_t passed = 0, failed = 0, skipped = 0;

  void add(const std::vector<std::string>& failures) {
    for (const std::string& failure : failures) fmt::print("FAILED {}\n", failure);
    ++(failures.empty() ? passed : failed);
  }
};

void run_ops(const std::string& folder, Count& count) {
  const Json cases = read_json(folder + "/ops.json").at("cases");
  const reel::io::Arrays reference = reel::io::read_safetensors(folder + "/ops.safetensors").tensors;
  for (const Json& one_case : cases) {
    const std::string name = one_case.at("op");
    if (const Op op = find_op(name)) {
      count.add(failures_of(one_case, op, reference));
    } else {
      fmt::print("skipped {}: op {} is not in Reel yet\n", one_case.at("id").get<std::string>(), name);
      ++count.skipped;
    }
  }
}

void run_training(const std::string& folder, Count& count) {
  const Json cases = read_json(folder + "/training.json").at("cases");
  const reel::State reference = reel::load_safetensors(folder + "/training.safetensors");
  for (const Json& one_case : cases) count.add(failures_of_training(one_case, reference));
}

/// Runs all cases of a folder, which has ops, training runs or both; the number of those that failed.
std::size_t run(const std::string& folder) {
  Count count;
  const bool has_ops = std::filesystem::exists(folder + "/ops.json"), has_training = std::filesystem::exists(folder + "/training.json");
  if (!has_ops && !has_training) throw reel::IoError(fmt::format("{}: there is neither ops.json nor training.json", folder));
  if (has_ops) run_ops(folder, count);
  if (has_training) run_training(folder, count);
  fmt::print("{} passed, {} failed, {} skipped\n", count.passed, count.failed, count.skipped);
  return count.failed;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: oracle DIR (a folder with ops.json and ops.safetensors, training.json and training.safetensors, or both)\n");
    return 2;
  }
  try {
    return run(argv[1]) == 0 ? 0 : 1;
  } catch (const std::exception& e) {
    fmt::print(stderr, "oracle: {}\n", e.what());
    return 2;
  }
}
