#include <reel/core/io/detail/zip.hpp>

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <zlib.h>
#include <reel/core/error.hpp>
#include <reel/core/io/detail/foreign.hpp>
#include <reel/core/io/detail/inflate.hpp>
#include <reel/core/io/detail/names.hpp>

namespace reel::io {

namespace {

constexpr std::uint32_t local_signature = 0x04034b50, directory_signature = 0x02014b50, end_signature = 0x06054b50,
                        end64_signature = 0x06064b50, locator_signature = 0x07064b50;
constexpr std::size_t local_bytes = 30, directory_bytes = 46, end_bytes = 22, end64_bytes = 56, locator_bytes = 20;
constexpr std::uint64_t in_extra = 0xFFFFFFFF;  // the number is in the zip64 extra field
constexpr std::uint16_t zip64_id = 1;
constexpr std::uint64_t stored = 0, deflated = 8;  // methods of compression
constexpr std::size_t longest_comment = 0xFFFF;

/// A little-endian number of `bytes` bytes.
std::uint64_t number(std::string_view text, std::size_t at, std::size_t bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes; i-- > 0;) value = value << 8U | static_cast<unsigned char>(text[at + i]);
  return value;
}

std::uint32_t crc_of(std::string_view bytes, std::uint32_t crc = 0) {
  return static_cast<std::uint32_t>(::crc32_z(crc, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

/// Where the directory is and how many entries it has.
struct Directory {
  std::uint64_t entries, bytes, begin;
};

class ZipReader {
 public:
  ZipReader(std::string_view bytes, const std::string& name) : bytes_(bytes), name_(name) {}
  std::vector<ZipEntry> read();

 private:
  struct Place {
    std::uint64_t begin, end;
    std::size_t entry;
  };

  [[noreturn]] void fail(std::string_view what) const { throw IoError(fmt::format("{}: {}", name_, what)); }
  [[noreturn]] void fail(const std::string& entry, std::string_view what) const {
    throw IoError(fmt::format("{}: entry {}: {}", name_, in_quotes(entry), what));
  }
  bool fits(std::uint64_t at, std::uint64_t bytes) const { return at <= bytes_.size() && bytes <= bytes_.size() - at; }
  Directory find_directory() const;
  std::optional<Directory> find_directory64(std::size_t end) const;
  /// Reads the entry at `at` in the directory, and moves `at` behind it.
  ZipEntry read_entry(std::size_t& at, std::size_t end);
  void check_overlaps(const std::vector<ZipEntry>& entries);

  std::string_view bytes_;
  const std::string& name_;
  std::vector<Place> places_;  // of each entry with its local header
};

Directory ZipReader::find_directory() const {
  if (bytes_.size() < end_bytes)
    fail(fmt::format("it has {} bytes, which is too short for a zip archive{}", bytes_.size(), looks_like(bytes_)));
  const std::size_t last = bytes_.size() - end_bytes, first = last > longest_comment ? last - longest_comment : 0;
  for (std::size_t at = last + 1; at-- > first;) {
    // The comment after the record reaches to the end of the file, which distinguishes the record from a signature inside a comment.
    if (number(bytes_, at, 4) != end_signature || number(bytes_, at + 20, 2) != last - at) continue;
    if (const std::optional<Directory> wide = find_directory64(at)) return *wide;
    if (number(bytes_, at + 4, 2) != 0 || number(bytes_, at + 6, 2) != 0) fail("it is a part of an archive of several files");
    return {number(bytes_, at + 10, 2), number(bytes_, at + 12, 4), number(bytes_, at + 16, 4)};
  }
  const bool begins_as_one = bytes_.starts_with("PK");
  fail("it has no directory at its end; it is no zip archive, or it is cut short" + (begins_as_one ? std::string() : looks_like(bytes_)));
}

std::optional<Directory> ZipReader::find_directory64(std::size_t end) const {
  if (end < locator_bytes || number(bytes_, end - locator_bytes, 4) != locator_signature) return {};
  const std::uint64_t at = number(bytes_, end - locator_bytes + 8, 8);
  if (!fits(at, end64_bytes) || number(bytes_, at, 4) != end64_signature)
    fail("the zip64 record of its directory is not where it is said to be");
  return Directory{number(bytes_, at + 32, 8), number(bytes_, at + 40, 8), number(bytes_, at + 48, 8)};
}

/// The zip64 extra field holds those of the numbers that are too large for their places, in this order.
bool read_extra(std::string_view extra, std::initializer_list<std::uint64_t*> numbers) {
  while (extra.size() >= 4) {
    const std::uint64_t id = number(extra, 0, 2), length = number(extra, 2, 2);
    if (length > extra.size() - 4) return false;
    if (id == zip64_id) {
      std::string_view field = extra.substr(4, length);
      for (std::uint64_t* const value : numbers) {
        if (*value != in_extra) continue;
        if (field.size() < 8) return false;
        *value = number(field, 0, 8);
        field.remove_prefix(8);
      }
      return true;
    }
    extra.remove_prefix(4 + length);
  }
  return std::all_of(numbers.begin(), numbers.end(), [](const std::uint64_t* value) { return *value != in_extra; });
}

ZipEntry ZipReader::read_entry(std::size_t& at, std::size_t end) {
  if (end - at < directory_bytes || number(bytes_, at, 4) != directory_signature)
    fail(fmt::format("there is no entry at byte {}, where the directory should have one", at));
  const std::size_t name_length = number(bytes_, at + 28, 2), extra_length = number(bytes_, at + 30, 2),
                    comment_length = number(bytes_, at + 32, 2);
  if (end - at - directory_bytes < name_length + extra_length + comment_length)
    fail(fmt::format("the directory's entry at byte {} does not end within the directory", at));
  ZipEntry entry{
      std::string(bytes_.substr(at + directory_bytes, name_length)), number(bytes_, at + 10, 2), (number(bytes_, at + 8, 2) & 1U) != 0,
      static_cast<std::uint32_t>(number(bytes_, at + 16, 4)),        number(bytes_, at + 24, 4), {}};
  std::uint64_t stored_size = number(bytes_, at + 20, 4), local = number(bytes_, at + 42, 4);
  if (!read_extra(bytes_.substr(at + directory_bytes + name_length, extra_length), {&entry.size, &stored_size, &local}))
    fail(entry.name, "its extra field is damaged");
  if (!fits(local, local_bytes) || number(bytes_, local, 4) != local_signature)
    fail(entry.name, fmt::format("it does not begin at byte {}", local));
  const std::uint64_t data = local + local_bytes + number(bytes_, local + 26, 2) + number(bytes_, local + 28, 2);
  if (!fits(data, stored_size)) fail(entry.name, "it reaches beyond the end of the file");
  entry.stored = bytes_.substr(data, stored_size);
  places_.push_back({local, data + stored_size, places_.size()});
  at += directory_bytes + name_length + extra_length + comment_length;
  return entry;
}

/// Entries that share bytes make a small archive huge (Fifield, "A better zip bomb", 2019).
void ZipReader::check_overlaps(const std::vector<ZipEntry>& entries) {
  std::sort(places_.begin(), places_.end(), [](const Place& a, const Place& b) { return a.begin < b.begin; });
  for (std::size_t i = 1; i < places_.size(); ++i)
    if (places_[i].begin < places_[i - 1].end)
      fail(entries[places_[i].entry].name, fmt::format("it overlaps entry {}", in_quotes(entries[places_[i - 1].entry].name)));
}

std::vector<ZipEntry> ZipReader::read() {
  const Directory directory = find_directory();
  if (!fits(directory.begin, directory.bytes)) fail("its directory reaches beyond the end of the file");
  if (directory.entries > directory.bytes / directory_bytes)
    fail(fmt::format("its directory has {} bytes, which is too short for {} entries", directory.bytes, directory.entries));
  std::vector<ZipEntry> entries;
  std::size_t at = directory.begin;
  for (std::uint64_t i = 0; i < directory.entries; ++i) entries.push_back(read_entry(at, directory.begin + directory.bytes));
  check_overlaps(entries);
  return entries;
}

void put(std::string& text, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xFFU);
}

/// A record given as pairs of number and width.
struct Field {
  std::uint64_t value;
  std::size_t bytes;
};

std::string record(std::initializer_list<Field> fields) {
  std::string text;
  for (const Field& field : fields) put(text, field.value, field.bytes);
  return text;
}

constexpr std::uint64_t version = 45;         // the first with zip64
constexpr std::uint64_t date = 1U << 5U | 1;  // 1 January 1980, the format's first day: the same arrays give the same bytes

}  // namespace

std::vector<ZipEntry> zip_entries(std::string_view bytes, const std::string& archive) { return ZipReader(bytes, archive).read(); }

std::string_view zip_content(const ZipEntry& entry, const std::string& archive, std::string& inflated) {
  const std::string place = fmt::format("{}: entry {}", archive, in_quotes(entry.name));
  const auto fail = [&](std::string_view what) { throw IoError(fmt::format("{}: {}", place, what)); };
  if (entry.encrypted) fail("it is encrypted");
  if (entry.method != stored && entry.method != deflated)
    fail(fmt::format("it is compressed by method {}; stored (0) and deflated (8) can be read", entry.method));
  const bool is_deflated = entry.method == deflated;
  if (is_deflated ? entry.size / most_inflated > entry.stored.size() : entry.size != entry.stored.size())
    fail(fmt::format("it is said to have {} bytes, which its {} bytes in the file cannot be", entry.size, entry.stored.size()));
  std::string_view content = entry.stored;
  if (is_deflated) {
    inflated.clear();
    Inflater inflater(entry.stored, place, Deflated::raw);
    if (!inflater.append(inflated, entry.size) || !inflater.at_end())
      fail(fmt::format("it does not decompress to the {} bytes that the directory says", entry.size));
    content = inflated;
  }
  if (crc_of(content) != entry.crc) fail("it is damaged, its checksum is another one than the directory says");
  return content;
}

void ZipWriter::write(std::string_view text) {
  file_.write(text);
  position_ += text.size();
}

void ZipWriter::add(const std::string& name, const std::vector<std::string_view>& pieces) {
  std::uint64_t size = 0;
  std::uint32_t crc = 0;
  for (const std::string_view piece : pieces) {
    size += piece.size();
    crc = crc_of(piece, crc);
  }
  const std::uint64_t begin = position_;
  constexpr std::uint64_t utf8_name = 1U << 11U;
  const std::string common = record({{version, 2},
                                     {utf8_name, 2},
                                     {0, 2},
                                     {0, 2},
                                     {date, 2},
                                     {crc, 4},
                                     {in_extra, 4},
                                     {in_extra, 4},
                                     {name.size(), 2}});  // what an entry says of itself in both places
  write(record({{local_signature, 4}}) + common + record({{20, 2}}) + name + record({{zip64_id, 2}, {16, 2}, {size, 8}, {size, 8}}));
  for (const std::string_view piece : pieces) write(piece);
  directory_ += record({{directory_signature, 4}, {version, 2}}) + common +
                record({{28, 2}, {0, 2}, {0, 2}, {0, 2}, {0, 4}, {in_extra, 4}}) + name +
                record({{zip64_id, 2}, {24, 2}, {size, 8}, {size, 8}, {begin, 8}});
  ++entries_;
}

void ZipWriter::commit() {
  const std::uint64_t begin = position_, bytes = directory_.size();
  write(directory_);
  const std::uint64_t end64 = position_;
  write(record({{end64_signature, 4},
                {end64_bytes - 12, 8},
                {version, 2},
                {version, 2},
                {0, 4},
                {0, 4},
                {entries_, 8},
                {entries_, 8},
                {bytes, 8},
                {begin, 8}}));
  write(record({{locator_signature, 4}, {0, 4}, {end64, 8}, {1, 4}}));
  const std::uint64_t few = std::min<std::uint64_t>(entries_, 0xFFFF);
  write(record(
      {{end_signature, 4}, {0, 2}, {0, 2}, {few, 2}, {few, 2}, {std::min(bytes, in_extra), 4}, {std::min(begin, in_extra), 4}, {0, 2}}));
  file_.commit();
}

}  // namespace reel::io
