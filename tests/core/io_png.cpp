#include <cmath>

#include <catch2/catch.hpp>
#include <reel/core/io/file.hpp>
#include <reel/core/io/png.hpp>

#include "temporary_folder.hpp"

using namespace reel;

namespace {

std::string reference(const std::string& name) { return std::string(REEL_TEST_DATA) + "/numpy/" + name + ".png"; }

/// The value of the test images at a pixel, of 0 to 255.
int grey_at(std::size_t i) { return static_cast<int>(i) * 50; }

bool is_skipped() {
  if (io::can_read_png()) return false;
  CHECK(
      io_error([] { io::read_png(reference("grey")); }).ends_with("grey.png: Reel was built without libpng, so it cannot read PNG images"));
  return true;
}

}  // namespace

TEST_CASE("PNG images of 1, 8 and 16 bits, in grey, colour, with opacity and a palette") {
  if (is_skipped()) return;
  const Array grey = io::read_png(reference("grey")), grey16 = io::read_png(reference("grey16")), rgb = io::read_png(reference("rgb")),
              rgb16 = io::read_png(reference("rgb16")), rgba = io::read_png(reference("rgba"));
  REQUIRE(grey.shape() == Shape{1, 2, 3});
  REQUIRE(grey16.shape() == Shape{1, 2, 3});
  REQUIRE(rgb.shape() == Shape{3, 2, 3});
  REQUIRE(rgba.shape() == Shape{4, 2, 3});
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(grey.data<float>()[i] == static_cast<float>(grey_at(i)) / 255);
    CHECK(grey16.data<float>()[i] == static_cast<float>(grey_at(i) * 257 + 1) / 65535);
    for (std::size_t c = 0; c < 3; ++c) {
      CHECK(rgb.data<float>()[c * 6 + i] == static_cast<float>(grey_at(i) + static_cast<int>(c)) / 255);
      CHECK(rgb16.data<float>()[c * 6 + i] == static_cast<float>(grey_at(i) * (200 + static_cast<int>(c))) / 65535);
    }
    CHECK(rgba.data<float>()[18 + i] == static_cast<float>(grey_at(i) + 3) / 255);
  }
  CHECK(identical(io::read_png(reference("grey1")), Array::of<float>({1, 2, 3}, std::vector<float>{0, 1, 1, 1, 0, 0})));
  CHECK(identical(io::read_png(reference("palette")),
                  Array::of<float>({3, 2, 3}, std::vector<float>{1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0})));
}

TEST_CASE("images go out to PNG and come back") {
  if (is_skipped()) return;
  const TemporaryFolder folder;
  for (const std::size_t channels : std::initializer_list<std::size_t>{1, 2, 3, 4}) {
    Array image({channels, std::size_t{5}, std::size_t{7}}, float32);
    for (std::size_t i = 0; i < image.size(); ++i) image.mutable_data<float>()[i] = static_cast<float>(i * 7 % 256) / 255;
    io::write_png(folder.path("a.png"), image);
    CHECK(identical(io::read_png(folder.path("a.png")), image));
  }
  const Array outside = Array::of<double>({1, 4}, std::vector<double>{-1, 2, std::nan(""), 0.5});
  CHECK(identical(io::parse_png(io::format_png(outside), "a"), Array::of<float>({1, 1, 4}, std::vector<float>{0, 1, 0, 128 / 255.0F})));
  for (const Shape& shape : {Shape{3}, Shape{5, 2, 2}, Shape{0, 2}, Shape{1, 1, 1, 1}})
    CHECK_THROWS_AS(io::format_png(Array::zeros(shape)), ShapeError);
}

TEST_CASE("PNG files that are refused say why") {
  if (is_skipped()) return;
  const std::string good = io::read_file(reference("rgb"));
  const auto error = [](const std::string& bytes) { return io_error([&] { io::parse_png(bytes, "a.png"); }); };
  CHECK(error("no image") == "a.png: Not a PNG file");
  CHECK(error(good.substr(0, good.size() - 20)).starts_with("a.png: "));
  for (std::size_t n = 0; n < good.size() - 12; ++n) REQUIRE_THROWS_AS(io::parse_png(good.substr(0, n), "a.png"), IoError);
  std::string damaged = good;
  damaged[good.find("IDAT") + 12] ^= 4;
  CHECK(error(damaged).starts_with("a.png: "));
}

TEST_CASE("a small PNG file that claims to be huge is refused") {
  if (is_skipped()) return;
  // A right header (checksum and all) of 1,000,000 x 1,000,000 pixels, and no pixels.
  std::string bytes = io::read_file(reference("grey")).substr(0, 33);
  bytes.replace(16, 8, std::string("\x00\x0f\x42\x40\x00\x0f\x42\x40", 8));
  bytes.replace(29, 4, std::string("\x79\x06\x67\xa1", 4));
  bytes += std::string("\0\0\0\0IDAT\x35\xaf\x06\x1e", 12);
  CHECK(io_error([&] { io::parse_png(bytes, "a.png"); }) ==
        "a.png: it is said to have 1000000 x 1000000 pixels, which 45 bytes cannot hold");
}
