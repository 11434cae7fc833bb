#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <reel/core/shape.hpp>

namespace reel::io {

inline constexpr std::string_view metadata_name = "__metadata__";
/// The reference implementation's limit, in bytes.
inline constexpr std::size_t longest_header = 100'000'000;

/// One tensor as a safetensors header describes it. Its form is checked, but it is not compared with the file.
struct TensorEntry {
  std::string dtype;
  std::vector<std::uint64_t> shape;    // at most max_rank lengths
  std::vector<std::uint64_t> offsets;  // begin and end, counted from the end of the header
};

struct SafetensorsHeader {
  std::map<std::string, TensorEntry> tensors;
  std::map<std::string, std::string> metadata;
};

/// Parses a header without recursion and without building a JSON document in memory. Throws IoError naming `path`, the tensor and the rule
/// broken: not JSON, a name or field that occurs twice, a field that is missing, unknown or of the wrong type, more than max_rank axes.
SafetensorsHeader parse_safetensors_header(const std::string& path, std::string_view json);

}  // namespace reel::io
