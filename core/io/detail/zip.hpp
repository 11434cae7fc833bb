#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <reel/core/io/file.hpp>

namespace reel::io {

/// A file in a zip archive, as the archive's directory describes it and with its place checked: no entry reaches out of the archive or into
/// another one.
struct ZipEntry {
  std::string name;
  std::uint64_t method = 0;  // of compression
  bool encrypted = false;
  std::uint32_t crc = 0;
  std::uint64_t size = 0;
  std::string_view stored;  // its bytes in the archive
};

/// The entries of an archive in memory, zip64 too. Throws IoError naming `archive`, the entry and what is wrong. Format:
/// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
std::vector<ZipEntry> zip_entries(std::string_view bytes, const std::string& archive);
/// An entry's content: its bytes in the archive, or what they decompress to, in `inflated`. Throws IoError for an entry that is encrypted
/// or compressed in another way than deflate, and one whose size or CRC-32 is another than the directory says.
std::string_view zip_content(const ZipEntry& entry, const std::string& archive, std::string& inflated);

/// Writes an archive of uncompressed entries with zip64 records, which have no limit of size.
class ZipWriter {
 public:
  explicit ZipWriter(const std::string& path) : file_(path) {}
  /// An entry whose content is these pieces, one behind the other.
  void add(const std::string& name, const std::vector<std::string_view>& pieces);
  /// Writes the directory, and puts the archive in place.
  void commit();

 private:
  void write(std::string_view text);

  AtomicFile file_;
  std::string directory_;
  std::uint64_t position_ = 0, entries_ = 0;
};

}  // namespace reel::io
