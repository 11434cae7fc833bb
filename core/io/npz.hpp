#pragma once
#include <map>
#include <string>
#include <string_view>

#include <reel/core/array.hpp>

namespace reel::io {

/// Reads the arrays of a .npz file (numpy.savez and numpy.savez_compressed) by their names, each as read_npy does. Throws IoError naming
/// file, entry and what is wrong: no zip archive, one that is cut short or encrypted, compression other than deflate, entries that overlap,
/// a name twice, an entry that is no .npy file, a checksum or a size that does not fit. A small file that claims to be huge is refused
/// before anything is allocated.
std::map<std::string, Array> read_npz(const std::string& path);
/// The same for bytes that are in memory; `name` stands for the file's in messages.
std::map<std::string, Array> parse_npz(std::string_view bytes, const std::string& name);

/// Writes arrays as numpy.savez does, uncompressed. The same arrays give the same bytes. An old file stays until the new one is whole.
/// Throws IoError when the file cannot be written, for an empty name, and for one that is longer than 65,000 bytes.
void write_npz(const std::string& path, const std::map<std::string, Array>& arrays);

}  // namespace reel::io
