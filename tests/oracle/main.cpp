#include <exception>
#include <fstream>

#include <fmt/format.h>

#include "check.hpp"

namespace {

using namespace oracle;

Json read_json(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw reel::IoError(fmt::format("{}: cannot be opened", path));
  return Json::parse(file);
}

/// Runs all cases of a folder; the number of those that failed.
std::size_t run(const std::string& folder) {
  const Json cases = read_json(folder + "/ops.json").at("cases");
  const reel::io::Arrays reference = reel::io::read_safetensors(folder + "/ops.safetensors").tensors;
  std::size_t passed = 0, failed = 0, skipped = 0;
  for (const Json& one_case : cases) {
    const std::string name = one_case.at("op");
    const Op op = find_op(name);
    if (!op) {
      fmt::print("skipped {}: op {} is not in Reel yet\n", one_case.at("id").get<std::string>(), name);
      ++skipped;
      continue;
    }
    const auto failures = failures_of(one_case, op, reference);
    for (const std::string& failure : failures) fmt::print("FAILED {}\n", failure);
    ++(failures.empty() ? passed : failed);
  }
  fmt::print("{} passed, {} failed, {} skipped\n", passed, failed, skipped);
  return failed;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: oracle DIR (a folder with ops.json and ops.safetensors)\n");
    return 2;
  }
  try {
    return run(argv[1]) == 0 ? 0 : 1;
  } catch (const std::exception& e) {
    fmt::print(stderr, "oracle: {}\n", e.what());
    return 2;
  }
}
