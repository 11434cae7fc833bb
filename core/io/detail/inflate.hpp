#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

struct z_stream_s;

namespace reel::io {

/// zlib can make at most so many bytes of one (https://zlib.net/zlib_tech.html); more than this times the compressed size is a lie.
inline constexpr std::uint64_t most_inflated = 1032;

enum class Deflated { gzip, raw };

/// Decompresses bytes that are in memory, as far as somebody reads: a small file that would become huge costs nothing.
class Inflater {
 public:
  /// `name` is the file's in messages. Both have to outlive the object.
  Inflater(std::string_view compressed, const std::string& name, Deflated form);
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater();

  /// The next `bytes` bytes; returns how many there were: fewer only at the end. A gzip file may have several members, one behind the
  /// other. Throws IoError for data that is damaged, cut short, or followed by something else.
  std::size_t read(char* target, std::size_t bytes);
  /// Appends exactly `bytes` bytes to `text`, which grows only as they come; returns whether there were so many.
  bool append(std::string& text, std::uint64_t bytes);
  /// Whether everything has been read and nothing is left of the compressed bytes.
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
