// PNG images of every depth and kind, interlaced and not, made here byte by byte.
#include <algorithm>
#include <array>

#include <catch2/catch.hpp>
#include <reel/core/io/file.hpp>
#include <reel/core/io/png.hpp>

#include "child.hpp"
#include "temporary_folder.hpp"

using namespace reel;

namespace {

std::string big_endian(std::size_t value) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(value >> static_cast<unsigned>(shift) & 0xFFU);
  return text;
}

/// A chunk of a name and its data.
std::string chunk(const std::string& content) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : content) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1U ^ (crc & 1U ? 0xEDB88320U : 0U);
  }
  return big_endian(content.size() - 4) + content + big_endian(~crc);
}

/// A zlib stream of one block that is not compressed.
std::string stored(const std::string& raw) {
  std::uint32_t a = 1, b = 0;
  for (const char c : raw) {
    a = (a + static_cast<unsigned char>(c)) % 65521;
    b = (b + a) % 65521;
  }
  const auto byte = [](std::size_t value) { return static_cast<char>(value & 0xFFU); };
  const std::size_t n = raw.size(), not_n = ~n;
  return std::string("\x78\x01\x01", 3) + byte(n) + byte(n >> 8U) + byte(not_n) + byte(not_n >> 8U) + raw + big_endian(b << 16U | a);
}

/// How an image is written. A sample is a number of `depth` bits; a pixel has `channels` of them.
struct Form {
  std::size_t width, height;
  int depth, colour_type;
  std::size_t channels;
  std::string more = {};  // chunks in front of the pixels
};

std::string header(const Form& form, bool interlaced) {
  return "\x89PNG\r\n\x1a\n" +
         chunk("IHDR" + big_endian(form.width) + big_endian(form.height) + static_cast<char>(form.depth) +
               static_cast<char>(form.colour_type) + std::string(2, '\0') + static_cast<char>(interlaced)) +
         form.more;
}

/// The value that the images here have at a place.
unsigned sample(const Form& form, std::size_t x, std::size_t y, std::size_t channel) {
  return static_cast<unsigned>((x * 37 + y * 101 + channel * 59 + 11) % (std::size_t{1} << static_cast<unsigned>(form.depth)));
}

std::string png(const Form& form, bool interlaced) {
  constexpr std::array<std::array<std::size_t, 4>, 7> adam7{
      {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}}};
  constexpr std::array<std::array<std::size_t, 4>, 1> whole{{{0, 0, 1, 1}}};
  std::string raw;
  const auto add_pass = [&](const std::array<std::size_t, 4>& pass) {
    if (pass[0] >= form.width) return;
    for (std::size_t y = pass[1]; y < form.height; y += pass[3]) {
      raw += '\0';  // the row is not filtered
      unsigned bits = 0, held = 0;
      for (std::size_t x = pass[0]; x < form.width; x += pass[2])
        for (std::size_t c = 0; c < form.channels; ++c) {
          bits = bits << static_cast<unsigned>(form.depth) | sample(form, x, y, c);
          for (held += static_cast<unsigned>(form.depth); held >= 8; held -= 8) raw += static_cast<char>(bits >> (held - 8) & 0xFFU);
        }
      if (held > 0) raw += static_cast<char>(bits << (8 - held) & 0xFFU);
    }
  };
  if (interlaced) std::for_each(adam7.begin(), adam7.end(), add_pass);
  else std::for_each(whole.begin(), whole.end(), add_pass);
  return header(form, interlaced) + chunk("IDAT" + stored(raw)) + chunk("IEND");
}

std::string palette(std::size_t colours) {
  std::string content = "PLTE";
  for (std::size_t i = 0; i < colours * 3; ++i) content += static_cast<char>(i * 7);
  return chunk(content);
}

}  // namespace

TEST_CASE("PNG images of every depth and kind, interlaced and not, are read alike") {
  if (!io::can_read_png()) return;
  for (const auto& [width, height] : std::vector<std::pair<std::size_t, std::size_t>>{{1, 1}, {3, 2}, {4, 5}, {8, 8}, {13, 11}}) {
    for (const bool interlaced : {false, true}) {
      for (const int depth : {1, 2, 4, 8, 16}) {
        for (const auto& [colour_type, channels] : std::vector<std::pair<int, std::size_t>>{{0, 1}, {4, 2}, {2, 3}, {6, 4}}) {
          if (colour_type != 0 && depth < 8) continue;
          const Form form{width, height, depth, colour_type, channels};
          const Array image = io::parse_png(png(form, interlaced), "a.png");
          REQUIRE(image.shape() == Shape{channels, height, width});
          for (std::size_t c = 0; c < channels; ++c)
            for (std::size_t y = 0; y < height; ++y)
              for (std::size_t x = 0; x < width; ++x) {
                const float most = static_cast<float>((1U << static_cast<unsigned>(depth)) - 1);
                REQUIRE(image.data<float>()[(c * height + y) * width + x] == Approx(static_cast<float>(sample(form, x, y, c)) / most));
              }
        }
        if (depth == 16) continue;
        // Palettes, the first two colours of which are transparent in part.
        const std::size_t colours = std::size_t{1} << static_cast<unsigned>(depth);
        const Form opaque{width, height, depth, 3, 1, palette(colours)};
        const Form form{width, height, depth, 3, 1, palette(colours) + chunk("tRNS" + std::string("\x10\x80", 2))};
        const Array image = io::parse_png(png(form, interlaced), "a.png");
        REQUIRE(image.shape() == Shape{4, height, width});
        REQUIRE(io::parse_png(png(opaque, interlaced), "a.png").shape() == Shape{3, height, width});
        for (std::size_t y = 0; y < height; ++y)
          for (std::size_t x = 0; x < width; ++x) {
            const unsigned colour = sample(form, x, y, 0);
            for (std::size_t c = 0; c < 3; ++c)
              REQUIRE(image.data<float>()[(c * height + y) * width + x] == static_cast<float>((colour * 3 + c) * 7 % 256) / 255);
            const float opacity = colour == 0 ? 16 : colour == 1 ? 128 : 255;
            REQUIRE(image.data<float>()[(3 * height + y) * width + x] == opacity / 255);
          }
      }
    }
  }
}

TEST_CASE("a PNG header without pixels takes little memory and is refused") {
  if (!io::can_read_png()) return;
  // The most that a file of this size may claim, by a chunk of anything: a million pixels and more, of which no row is there.
  const std::string padding = chunk("prVt" + std::string(100'000, '\0'));
  const std::string none = chunk("IDAT" + stored("")) + padding + chunk("IEND"), cut = chunk("IDAT" + stored("").substr(0, 2)) + padding;
  const std::string transparent = palette(2) + chunk("tRNS" + std::string("\x10\x80", 2));
  for (const Form& form : {Form{28'000, 28'000, 1, 3, 1, transparent}, Form{10'000, 10'000, 8, 3, 1, transparent},
                           Form{3'500, 3'500, 16, 6, 4}, Form{900'000, 110, 8, 0, 1}, Form{10, 900'000, 8, 0, 1}})
    for (const bool interlaced : {false, true})
      for (const std::string& rest : {none, cut}) {
        const std::string bytes = header(form, interlaced) + rest;
        const std::string error = with_memory(50'000'000, [&] { return io_error([&] { io::parse_png(bytes, "a.png"); }); });
        CHECK(error.starts_with("a.png: "));
      }
  // What no file of this size can hold is refused by its header.
  for (const bool interlaced : {false, true})
    CHECK(io_error([&] {
            io::parse_png(header({9'000, 9'000, 16, 6, 4}, interlaced) + none, "a.png");
          }) == "a.png: it is said to have 9000 x 9000 pixels, which " +
                    std::to_string((header({9'000, 9'000, 16, 6, 4}, interlaced) + none).size()) + " bytes cannot hold");
  // Written by a fuzzer: ten kilobytes that claim 81 million pixels with opacity.
  const std::string path = std::string(REEL_TEST_DATA) + "/../fuzz/corpus/png/claims_81Mpixels.png";
  CHECK(with_memory(50'000'000, [&] { return io_error([&] { io::read_png(path); }); }) == path + ": Not enough image data");
}
