#include <reel/core/io/idx.hpp>

#include <algorithm>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/io/detail/elements.hpp>
#include <reel/core/io/detail/foreign.hpp>
#include <reel/core/io/detail/inflate.hpp>
#include <reel/core/io/file.hpp>

namespace reel::io {

namespace {

const Element* element_of(unsigned char code) {
  switch (code) {
    case 0x08: return &element::u8;
    case 0x09: return &element::i8;
    case 0x0B: return &element::i16;
    case 0x0C: return &element::i32;
    case 0x0D: return &element::f32;
    case 0x0E: return &element::f64;
    default: return nullptr;
  }
}

/// A whole IDX file, its data not yet decoded.
class IdxFile {
 public:
  IdxFile(std::string_view bytes, const std::string& name);
  IdxFile(const IdxFile&) = delete;
  IdxFile& operator=(const IdxFile&) = delete;

  const Element& type() const { return *type_; }
  const Shape& shape() const { return shape_; }
  std::string_view data() const { return data_; }

 private:
  [[noreturn]] void fail(std::string_view what) const { throw IoError(fmt::format("{}: {}", name_, what)); }
  void load_plain(std::string_view bytes);
  void load_gzip(std::string_view bytes);
  /// Reads the header's first four bytes; returns how many axes follow. `more` gets the following bytes, from which another format is
  /// recognised.
  std::size_t begin_header(std::string_view head, std::string_view more);
  /// Reads the lengths of the axes; returns how many bytes of data follow.
  std::uint64_t end_header(std::string_view lengths);

  const std::string& name_;
  const Element* type_ = nullptr;
  Shape shape_;
  std::string inflated_;
  std::string_view data_;
};

constexpr std::size_t head_bytes = 4, length_bytes = 4;

IdxFile::IdxFile(std::string_view bytes, const std::string& name) : name_(name) {
  if (bytes.starts_with("\x1f\x8b")) load_gzip(bytes);
  else load_plain(bytes);
}

std::size_t IdxFile::begin_header(std::string_view head, std::string_view more) {
  if (head.size() < head_bytes) fail(fmt::format("it ends after {} bytes; an IDX file begins with four", head.size()));
  if (head[0] != 0 || head[1] != 0) fail("it does not begin with two zero bytes; it is no IDX file" + looks_like(more));
  const auto code = static_cast<unsigned char>(head[2]), axes = static_cast<unsigned char>(head[3]);
  type_ = element_of(code);
  if (!type_) fail(fmt::format("its type is 0x{:02x}; 08, 09, 0b, 0c, 0d and 0e are known", code));
  if (axes > max_rank) fail(fmt::format("it has {} axes; an array can have {}", axes, max_rank));
  return axes;
}

std::uint64_t IdxFile::end_header(std::string_view text) {
  std::vector<std::uint64_t> lengths;
  for (std::size_t at = 0; at < text.size(); at += length_bytes) {
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < length_bytes; ++i) length = length << 8U | static_cast<unsigned char>(text[at + i]);
    lengths.push_back(length);
    shape_.push_back(length);
  }
  const std::optional<std::uint64_t> elements = element_count(lengths);
  if (!elements) fail(fmt::format("its shape {} has more elements than an address space", shape_));
  return *elements * type_->size;
}

void IdxFile::load_plain(std::string_view bytes) {
  const std::size_t lengths = begin_header(bytes.substr(0, head_bytes), bytes) * length_bytes;
  if (bytes.size() - head_bytes < lengths) fail(fmt::format("it ends within the {} lengths of its axes", lengths / length_bytes));
  const std::uint64_t expected = end_header(bytes.substr(head_bytes, lengths));
  data_ = bytes.substr(head_bytes + lengths);
  if (data_.size() != expected) fail(fmt::format("it has {} bytes of data; its shape {} takes {}", data_.size(), shape_, expected));
}

void IdxFile::load_gzip(std::string_view bytes) {
  Inflater inflater(bytes, name_, Deflated::gzip);
  char header[head_bytes + max_rank * length_bytes];
  const std::size_t lengths = begin_header({header, inflater.read(header, head_bytes)}, {}) * length_bytes;
  if (inflater.read(header + head_bytes, lengths) != lengths)
    fail(fmt::format("it ends within the {} lengths of its axes", lengths / length_bytes));
  const std::uint64_t expected = end_header({header + head_bytes, lengths});
  if (expected / most_inflated > bytes.size())
    fail(fmt::format("its shape {} takes {} bytes, which a gzip file of {} bytes cannot hold", shape_, expected, bytes.size()));
  if (!inflater.append(inflated_, expected))
    fail(fmt::format("it has {} bytes of data; its shape {} takes {}", inflated_.size(), shape_, expected));
  if (!inflater.at_end()) fail(fmt::format("it has more data than the {} bytes that its shape {} takes", expected, shape_));
  data_ = inflated_;
}

Array numbers(const IdxFile& file) {
  Array result(file.shape(), file.type().dtype);
  file.type().decode(file.data().data(), result.size(), true, result.mutable_raw());  // the format is big-endian
  return result;
}

Array images(const IdxFile& file, const std::string& name) {
  const Shape& shape = file.shape();
  if (&file.type() != &element::u8 || shape.rank() != 3)
    throw IoError(
        fmt::format("{}: it holds {} elements of {} bytes; images are unsigned bytes (n, height, width)", name, shape, file.type().size));
  Array result({shape[0], std::size_t{1}, shape[1], shape[2]}, float32);
  std::transform(file.data().begin(), file.data().end(), result.mutable_data<float>(),
                 [](char byte) { return static_cast<float>(static_cast<unsigned char>(byte)) / 255; });
  return result;
}

}  // namespace

Array parse_idx(std::string_view bytes, const std::string& name, SourceLocation at) {
  return detail::placed(at, [&] { return numbers(IdxFile(bytes, name)); });
}

Array parse_idx_images(std::string_view bytes, const std::string& name, SourceLocation at) {
  return detail::placed(at, [&] { return images(IdxFile(bytes, name), name); });
}

Array read_idx(const std::string& path, SourceLocation at) { return parse_idx(read_file(path, at), path, at); }
Array read_idx_images(const std::string& path, SourceLocation at) { return parse_idx_images(read_file(path, at), path, at); }

}  // namespace reel::io
