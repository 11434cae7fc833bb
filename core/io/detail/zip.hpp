#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <reel/core/io/file.hpp>

namespace reel::io {

/// A file in a zip archive, as the archive's directory describes it. Its place has been checked: no entry reaches beyond the archive or
/// into another entry.
struct ZipEntry {
  std::string name;
  std::uint64_t method = 0;  // of compression
  bool encrypted = false;
  std::uint32_t crc = 0;
  std::uint64_t size = 0;
  std::string_view stored;  // its bytes in the archive
};

/// Returns the entries of an archive in memory, including zip64. Throws IoError naming `archive`, the entry and what is wrong. Format:
/// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
std::vector<ZipEntry> zip_entries(std::string_view bytes, const std::string& archive);
/// Returns the content of an entry: its bytes in the archive, or the decompressed bytes, which `inflated` then holds. Throws IoError for an
/// entry that is encrypted, is compressed by another method than deflate, or has another size or CRC-32 than the directory says.
std::string_view zip_content(const ZipEntry& entry, const std::string& archive, std::string& inflated);

/// Writes an archive of uncompressed entries with zip64 records, which do not limit the size.
class ZipWriter {
 public:
  explicit ZipWriter(const std::string& path) : file_(path) {}
  /// Adds an entry whose content is these pieces, one after the other.
  void add(const std::string& name, const std::vector<std::string_view>& pieces);
  /// Writes the directory and moves the archive into place, as AtomicFile does.
  void commit();

 private:
  void write(std::string_view text);

  AtomicFile file_;
  std::string directory_;
  std::uint64_t position_ = 0, entries_ = 0;
};

}  // namespace reel::io
