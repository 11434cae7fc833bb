#include <cmath>
#include <new>

#include <fmt/format.h>
#include <zlib.h>
#include <reel/core/error.hpp>
#include <reel/core/io/file.hpp>
#include <reel/core/io/png.hpp>

namespace reel::io {

namespace {

char byte_of(double value) { return static_cast<char>(value > 0 ? static_cast<unsigned char>(std::lround(std::fmin(value, 1) * 255)) : 0); }

std::string big_endian(std::size_t value) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(value >> static_cast<unsigned>(shift) & 0xFFU);
  return text;
}

std::string chunk(const std::string& content) {  // its name and its data
  const uLong crc = ::crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size());
  return big_endian(content.size() - 4) + content + big_endian(crc);
}

std::string compress(const std::string& raw) {
  uLongf size = ::compressBound(raw.size());
  std::string text(size, '\0');
  if (::compress2(reinterpret_cast<Bytef*>(text.data()), &size, reinterpret_cast<const Bytef*>(raw.data()), raw.size(), 9) != Z_OK)
    throw std::bad_alloc();
  text.resize(size);
  return text;
}

std::string format(const Array& image) {
  const std::size_t rank = image.rank(), channels = rank == 3 ? image.shape()[0] : 1;
  constexpr std::size_t most = 0x7FFFFFFF;  // the format's lengths
  if (rank < 2 || rank > 3 || channels < 1 || channels > 4 || image.size() == 0 || image.size() > most / 2)
    throw ShapeError(fmt::format(
        "write_png: image is {}; it needs (height, width) or (channels, height, width) with 1 to 4 channels, and 1 to {} numbers",
        image.shape(), most / 2));
  const std::size_t height = image.shape()[rank - 2], width = image.shape()[rank - 1], plane = height * width;
  std::string raw;
  raw.reserve(image.size() + height);
  for (std::size_t y = 0; y < height; ++y) {
    raw += '\0';  // the row is not filtered
    for (std::size_t x = 0; x < width; ++x)
      for (std::size_t c = 0; c < channels; ++c) raw += byte_of(image.as_double(c * plane + y * width + x));
  }
  constexpr char colour_types[] = {0, 4, 2, 6};
  const std::string header = "IHDR" + big_endian(width) + big_endian(height) + '\x08' + colour_types[channels - 1] + std::string(3, '\0');
  return "\x89PNG\r\n\x1a\n" + chunk(header) + chunk("IDAT" + compress(raw)) + chunk("IEND");
}

}  // namespace

std::string format_png(const Array& image, SourceLocation at) {
  return detail::placed(at, [&] { return format(image); });
}

void write_png(const std::string& path, const Array& image, SourceLocation at) {
  detail::placed(at, [&] {
    check_ending(path, ".png", "write_png", "a PNG image");
    write_file(path, format(image), {});
  });
}

}  // namespace reel::io
