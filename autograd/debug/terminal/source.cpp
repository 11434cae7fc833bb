#include <fstream>
#include <string_view>

#include <fmt/format.h>
#include <reel/autograd/debug/terminal/desk.hpp>

namespace reel::debug {

namespace {

/// Where it was compiled from; else by as much of the path as there is from this folder on.
std::ifstream open_source(SourceLocation at) {
  std::string path = at.file;
  std::ifstream file(path);
  for (auto slash = path.find('/'); !file && slash != std::string::npos; slash = path.find('/')) {
    path.erase(0, slash + 1);
    file.open(path);
  }
  return file;
}

}  // namespace

std::string source_around(SourceLocation at, int lines) {
  std::ifstream file = open_source(at);
  if (!file) throw Error(fmt::format("{} cannot be read from here; the line is {}", at.file, at.line));
  std::string text, line;
  for (int number = 1; number <= at.line + lines && std::getline(file, line); ++number) {
    if (number < at.line - lines) continue;
    for (char& c : line)
      if (static_cast<unsigned char>(c) < 32) c = ' ';
    text += fmt::format("{} {:>5}  {}", number == at.line ? "->" : "  ", number, line.substr(0, 300));
    text.erase(text.find_last_not_of(' ') + 1);
    text += "\n";
  }
  if (text.empty()) throw Error(fmt::format("{} has no line {}", at.file_name(), at.line));
  return text;
}

}  // namespace reel::debug
