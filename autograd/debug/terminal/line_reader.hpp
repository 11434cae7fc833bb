#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace reel::debug {

class Session;

/// The source of commands.
class LineReader {
 public:
  virtual ~LineReader();
  /// The next line; nothing at the end.
  virtual std::optional<std::string> next() = 0;
};

/// Reads standard input: on a terminal with history and completion by libedit; otherwise plain lines, without a prompt if it is no
/// terminal.
std::unique_ptr<LineReader> read_standard_input(const Session& session);
/// Throws IoError when the file cannot be read.
std::unique_ptr<LineReader> read_script(const std::string& path);
std::unique_ptr<LineReader> read_lines(std::vector<std::string> lines);

}  // namespace reel::debug
