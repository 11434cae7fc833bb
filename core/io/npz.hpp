#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <reel/core/array.hpp>
#include <reel/core/error.hpp>

namespace reel::io {

/// Reads the arrays of a .npz file (numpy.savez and numpy.savez_compressed) by their names, each as read_npy does: those of `names`, and
/// all when none is named. Entries that are not named are not looked at, so one that cannot be read (pickled objects, complex numbers, a
/// file that is no .npy file) does not stand in the way of the others. Throws IoError naming file, entry and what is wrong: no zip archive,
/// one that is cut short, entries that overlap, a name that is not there or there twice; of an entry that is read: encryption, compression
/// other than deflate, no .npy file, a checksum or a size that does not fit. A small file that claims to be huge is refused before anything
/// is allocated.
std::map<std::string, Array> read_npz(const std::string& path, const std::vector<std::string>& names = {},
                                      SourceLocation at = SourceLocation::here());
/// The same for bytes that are in memory; `name` stands for the file's in messages.
std::map<std::string, Array> parse_npz(std::string_view bytes, const std::string& name, const std::vector<std::string>& names = {},
                                       SourceLocation at = SourceLocation::here());

/// Writes arrays as numpy.savez does, uncompressed. The same arrays give the same bytes. An old file stays until the new one is whole.
/// Throws IoError when the file cannot be written, for an empty name, for one that is longer than 65,000 bytes, and for a path with the
/// ending of another kind of file, as .npy.
void write_npz(const std::string& path, const std::map<std::string, Array>& arrays, SourceLocation at = SourceLocation::here());

}  // namespace reel::io
