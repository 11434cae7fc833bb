#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

struct z_stream_s;

namespace reel::io {

/// The largest number of bytes that zlib can decompress one byte to (https://zlib.net/zlib_tech.html). A size above this times the
/// compressed size is false.
inline constexpr std::uint64_t most_inflated = 1032;

enum class Deflated { gzip, raw };

/// Decompresses bytes in memory, only as far as they are read, so a small file that would decompress to a huge one costs nothing.
class Inflater {
 public:
  /// `name` is the name of the file in error messages. `compressed` and `name` must outlive the Inflater.
  Inflater(std::string_view compressed, const std::string& name, Deflated form);
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater();

  /// Reads the next `bytes` bytes and returns how many were read: fewer only at the end. A gzip file may have several members, one after
  /// the other. Throws IoError for data that is damaged, cut short, or followed by something else.
  std::size_t read(char* target, std::size_t bytes);
  /// Appends exactly `bytes` bytes to `text`, which grows only as they are decompressed; returns whether there were enough.
  bool append(std::string& text, std::uint64_t bytes);
  /// Whether everything has been read and no compressed bytes are left.
  bool at_end();

 private:
  void refill();
  bool next_member();

  std::string_view left_;
  const std::string& name_;
  Deflated form_;
  bool ended_ = false;
  z_stream_s* stream_;
};

}  // namespace reel::io
