#pragma once
// Internal; not installed.
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace reel::debug {

class Session;

/// Where commands come from.
class LineReader {
 public:
  virtual ~LineReader();
  /// Nothing at the end.
  virtual std::optional<std::string> next() = 0;
};

/// With history and completion by libedit on a terminal; else plain lines of the standard input, without a prompt where that is no
/// terminal.
std::unique_ptr<LineReader> read_standard_input(const Session& session);
/// Throws IoError when the file cannot be read.
std::unique_ptr<LineReader> read_script(const std::string& path);
std::unique_ptr<LineReader> read_lines(std::vector<std::string> lines);

}  // namespace reel::debug
