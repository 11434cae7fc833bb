#include <reel/core/error.hpp>

namespace reel {

std::string_view SourceLocation::file_name() const {
  const std::string_view path = file;
  return path.substr(path.find_last_of('/') + 1);
}

std::string to_string(SourceLocation location) {
  if (location.line == 0) return {};
  return std::string(location.file_name()) + ':' + std::to_string(location.line);
}

}  // namespace reel
