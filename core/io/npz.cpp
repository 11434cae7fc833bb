#include <reel/core/io/npz.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/io/detail/foreign.hpp>
#include <reel/core/io/detail/names.hpp>
#include <reel/core/io/detail/zip.hpp>
#include <reel/core/io/file.hpp>
#include <reel/core/io/npy.hpp>

namespace reel::io {

namespace {

constexpr std::string_view ending = ".npy";
constexpr std::size_t longest_name = 65'000;

/// Returns the name of an entry in the archive, without its ending if that is the ending of arrays.
std::string key_of(const ZipEntry& entry) {
  const std::string_view name = entry.name;
  return std::string(name.ends_with(ending) ? name.substr(0, name.size() - ending.size()) : name);
}

/// Throws IoError unless the archive has all of these.
void check_names(const std::vector<ZipEntry>& entries, const std::string& archive, const std::vector<std::string>& names) {
  std::vector<std::string> known;
  for (const ZipEntry& entry : entries) known.push_back(key_of(entry));
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string meant = closest(name, known);
    throw IoError(fmt::format("{}: it has no array {}; it has {}{}", archive, in_quotes(name), list_of(known),
                              meant.empty() ? "" : fmt::format("; did you mean {}?", in_quotes(meant))));
  }
}

Array read_entry(const ZipEntry& entry, const std::string& archive) {
  const std::string place = fmt::format("{}: entry {}", archive, in_quotes(entry.name));
  if (!std::string_view(entry.name).ends_with(ending)) throw IoError(fmt::format("{}: it is no .npy file", place));
  std::string inflated;
  return parse_npy(zip_content(entry, archive, inflated), place, {});
}

std::map<std::string, Array> parse(std::string_view bytes, const std::string& name, const std::vector<std::string>& names) {
  std::map<std::string, Array> arrays;
  const std::vector<ZipEntry> entries = zip_entries(bytes, name);
  for (const ZipEntry& entry : entries)
    if (entry.name.ends_with("data.pkl")) throw IoError(fmt::format("{}: it has no arrays{}", name, looks_like(bytes)));
  check_names(entries, name, names);
  for (const ZipEntry& entry : entries) {
    const std::string key = key_of(entry);
    if (!names.empty() && std::find(names.begin(), names.end(), key) == names.end()) continue;
    if (arrays.contains(key)) throw IoError(fmt::format("{}: entry {}: it is there twice", name, in_quotes(entry.name)));
    try {
      arrays.emplace(key, read_entry(entry, name));
    } catch (const IoError& error) {
      if (!names.empty() || entries.size() == 1) throw;
      throw IoError(fmt::format("{}; to read the others alone, name them: read_npz(path, {{\"name\", ...}})", error.what()));
    }
  }
  return arrays;
}

}  // namespace

std::map<std::string, Array> parse_npz(std::string_view bytes, const std::string& name, const std::vector<std::string>& names,
                                       SourceLocation at) {
  return detail::placed(at, [&] { return parse(bytes, name, names); });
}

std::map<std::string, Array> read_npz(const std::string& path, const std::vector<std::string>& names, SourceLocation at) {
  return parse_npz(read_file(path, at), path, names, at);
}

void write_npz(const std::string& path, const std::map<std::string, Array>& arrays, SourceLocation at) {
  detail::placed(at, [&] {
    check_ending(path, ".npz", "write_npz", "a NumPy archive");
    for (const auto& [name, array] : arrays)
      if (name.empty() || name.size() > longest_name)
        throw IoError(fmt::format("{}: an array's name has {} bytes; it has to have 1 to {}", path, name.size(), longest_name));
    ZipWriter zip(path);
    for (const auto& [name, array] : arrays) {
      const std::string header = npy_header(array);
      zip.add(name + std::string(ending), {header, {static_cast<const char*>(array.raw()), array.bytes()}});
    }
    zip.commit();
  });
}

}  // namespace reel::io
