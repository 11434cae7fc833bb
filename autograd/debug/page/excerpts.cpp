#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include <reel/autograd/debug/page/data.hpp>

namespace reel::debug {

namespace {

constexpr std::size_t longest_line = 300;

std::map<std::string, std::set<int>> lines_of(const Run& run) {
  std::map<std::string, std::set<int>> lines;
  for (std::size_t i = 0; i < run.size(); ++i) {
    const SourceLocation at = run.place(i);
    if (at.line > 0) lines[at.file].insert(at.line);
  }
  return lines;
}

/// Some builds compile with relative paths. Such a path is searched in the folders around the one that the program was started in, then
/// around the program.
std::filesystem::path found(const std::filesystem::path& path) {
  std::error_code ignored;
  if (path.is_absolute() || std::filesystem::is_regular_file(path, ignored)) return path;
  for (std::filesystem::path folder :
       {std::filesystem::current_path(ignored), std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path()}) {
    for (; folder.has_relative_path(); folder = folder.parent_path())
      if (std::filesystem::is_regular_file(folder / path, ignored)) return folder / path;
  }
  return path;
}

SourceFile read(const std::string& path, const std::set<int>& wanted, int context) {
  SourceFile file{.name = std::filesystem::path(path).filename().string(), .parts = {}};
  const std::filesystem::path place = found(path);
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(place, ignored)) return file;
  std::ifstream stream(place);
  std::string text;
  for (int number = 1; std::getline(stream, text) && number <= *wanted.rbegin() + context; ++number) {
    const auto near = wanted.lower_bound(number - context);
    if (near == wanted.end() || *near > number + context) continue;
    if (text.size() > longest_line) text = text.substr(0, longest_line) + " …";
    if (!text.empty() && text.back() == '\r') text.pop_back();
    const bool goes_on = !file.parts.empty() && file.parts.back().first + static_cast<int>(file.parts.back().lines.size()) == number;
    if (!goes_on) file.parts.push_back({number, {}});
    file.parts.back().lines.push_back(text);
  }
  return file;
}

}  // namespace

std::vector<std::string> source_paths(const Run& run) {
  std::vector<std::string> paths;
  for (const auto& [path, wanted] : lines_of(run)) paths.push_back(path);
  return paths;
}

std::vector<SourceFile> read_sources(const Run& run, int context) {
  std::vector<SourceFile> files;
  for (const auto& [path, wanted] : lines_of(run)) files.push_back(read(path, wanted, context));
  return files;
}

}  // namespace reel::debug
