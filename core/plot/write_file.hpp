#pragma once
#include <string>
#include <string_view>

namespace reel::plot::detail {

/// Writes `text` to a temporary file beside `path` and renames it, so that `path` is at no time half written. Throws IoError naming `path`.
void write_file(const std::string& path, std::string_view text);

}  // namespace reel::plot::detail
