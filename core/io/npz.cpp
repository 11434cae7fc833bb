#include <reel/core/io/npz.hpp>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/io/file.hpp>
#include <reel/core/io/names.hpp>
#include <reel/core/io/npy.hpp>
#include <reel/core/io/zip.hpp>

namespace reel::io {

namespace {

constexpr std::string_view ending = ".npy";
constexpr std::size_t longest_name = 65'000;

}  // namespace

std::map<std::string, Array> parse_npz(std::string_view bytes, const std::string& name) {
  std::map<std::string, Array> arrays;
  for (const ZipEntry& entry : zip_entries(bytes, name)) {
    const std::string place = fmt::format("{}: entry {}", name, in_quotes(entry.name));
    if (!std::string_view(entry.name).ends_with(ending)) throw IoError(fmt::format("{}: it is no .npy file", place));
    const std::string key = entry.name.substr(0, entry.name.size() - ending.size());
    if (arrays.contains(key)) throw IoError(fmt::format("{}: it is there twice", place));
    arrays.emplace(key, parse_npy(zip_content(entry, name), place));
  }
  return arrays;
}

std::map<std::string, Array> read_npz(const std::string& path) { return parse_npz(read_file(path), path); }

void write_npz(const std::string& path, const std::map<std::string, Array>& arrays) {
  for (const auto& [name, array] : arrays)
    if (name.empty() || name.size() > longest_name)
      throw IoError(fmt::format("{}: an array's name has {} bytes; it has to have 1 to {}", path, name.size(), longest_name));
  ZipWriter zip(path);
  for (const auto& [name, array] : arrays) {
    const std::string header = npy_header(array);
    zip.add(name + std::string(ending), {header, {static_cast<const char*>(array.raw()), array.bytes()}});
  }
  zip.commit();
}

}  // namespace reel::io
