#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <reel/core/array.hpp>
#include <reel/core/error.hpp>

namespace reel::io {

/// Reads the arrays of a .npz file (numpy.savez and numpy.savez_compressed) and returns them by name: those in `names`, or all if `names`
/// is empty. Each is read as by read_npy. Other entries are not read, so an entry that cannot be read (pickled objects, complex numbers, a
/// file that is not a .npy file) does not prevent reading the others. Throws IoError naming file, entry and what is wrong: not a zip
/// archive, one that is cut short, entries that overlap, a name that is missing or occurs twice; for an entry that is read: encryption,
/// compression other than deflate, not a .npy file, a checksum or a size that does not fit. A small file that claims to be huge is refused
/// before anything is allocated.
std::map<std::string, Array> read_npz(const std::string& path, const std::vector<std::string>& names = {},
                                      SourceLocation at = SourceLocation::here());
/// The same for bytes in memory; error messages call them `name`.
std::map<std::string, Array> parse_npz(std::string_view bytes, const std::string& name, const std::vector<std::string>& names = {},
                                       SourceLocation at = SourceLocation::here());

/// Writes arrays as numpy.savez does, uncompressed. The same arrays give the same bytes. An old file stays until the new one is complete.
/// Throws IoError when the file cannot be written, for an empty name, for a name longer than 65,000 bytes, and for a path with the ending
/// of another file format, such as .npy.
void write_npz(const std::string& path, const std::map<std::string, Array>& arrays, SourceLocation at = SourceLocation::here());

}  // namespace reel::io
