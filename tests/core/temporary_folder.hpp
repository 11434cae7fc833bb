#pragma once
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <reel/core/error.hpp>

/// A fresh folder that is removed with what is in it at the end of the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "reel-test-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::string path(const std::string& name = {}) const { return (path_ / name).string(); }
  /// Writes a file, and returns its path.
  std::string file(const std::string& name, std::string_view content) const {
    std::ofstream(path(name), std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
    return path(name);
  }
  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) result.push_back(entry.path().filename().string());
    return result;
  }

 private:
  std::filesystem::path path_;
};

/// A message without the place in a source file at its end, such as " (io_csv.cpp:12)".
inline std::string without_place(const std::string& text) {
  const std::size_t at = text.rfind(" (");
  return text.ends_with(')') && at != text.npos && text.find(".cpp:", at) != text.npos ? text.substr(0, at) : text;
}

/// The text of the IoError that `action` throws, without the place.
template <class Action>
std::string io_error(Action&& action) {
  try {
    action();
  } catch (const reel::IoError& error) {
    return without_place(error.what());
  }
  return "no IoError";
}
