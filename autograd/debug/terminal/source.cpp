#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <reel/autograd/debug/terminal/command_context.hpp>

namespace reel::debug {

namespace {

/// The file at the path that it was compiled from; else, since compilers are often given relative paths, by the longest part of the path
/// that exists in this folder or one above it.
std::ifstream open_source(SourceLocation at) {
  std::ifstream file(at.file);
  std::error_code ignored;
  const std::filesystem::path path(at.file);
  for (std::filesystem::path folder = std::filesystem::current_path(ignored); !file && !folder.empty(); folder = folder.parent_path()) {
    std::filesystem::path rest;
    for (auto part = path.begin(); !file && part != path.end(); ++part) {
      rest.clear();
      for (auto p = part; p != path.end(); ++p) rest /= *p;
      if (rest.is_absolute() || *part == "..") continue;
      file.open(folder / rest);
    }
    if (folder == folder.parent_path()) break;
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
