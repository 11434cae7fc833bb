#include <catch2/catch.hpp>
#include <reel/core/io/file.hpp>
#include <reel/core/io/idx.hpp>

#include "temporary_folder.hpp"

using namespace reel;

namespace {

std::string reference(const std::string& name) { return std::string(REEL_TEST_DATA) + "/numpy/" + name; }

}  // namespace

TEST_CASE("IDX files of every type, compressed and not") {
  for (const std::string ending : {".idx", ".idx.gz"}) {
    const Array images = io::read_idx(reference("images" + ending));
    CHECK(images.shape() == Shape{3, 28, 28});
    for (std::size_t i = 0; i < images.size(); ++i) REQUIRE(images.data<std::int64_t>()[i] == static_cast<std::int64_t>(i % 256));
    CHECK(identical(io::read_idx(reference("labels" + ending)), Array::of<std::int64_t>({3}, std::vector<std::int64_t>{7, 0, 9})));
    CHECK(identical(io::read_idx(reference("i1" + ending)), Array::of<std::int64_t>({2, 2}, std::vector<std::int64_t>{-1, 2, 3, -128})));
    CHECK(identical(io::read_idx(reference("i2" + ending)), Array::of<std::int64_t>({2}, std::vector<std::int64_t>{-2, 300})));
    CHECK(identical(io::read_idx(reference("i4" + ending)), Array::of<std::int64_t>({2}, std::vector<std::int64_t>{-2, 70000})));
    CHECK(identical(io::read_idx(reference("f4" + ending)), Array::of<float>({1, 2}, std::vector<float>{0.5F, -1.25F})));
    CHECK(identical(io::read_idx(reference("f8" + ending)), Array::of<double>({2}, std::vector<double>{0.1, -1e300})));
    const Array pictures = io::read_idx_images(reference("images" + ending));
    CHECK(pictures.shape() == Shape{3, 1, 28, 28});
    CHECK(pictures.at<float>({0, 0, 9, 3}) == 1.0F);  // 9 * 28 + 3 = 255
  }
}

TEST_CASE("IDX files that are refused say why") {
  const auto error = [](const std::string& bytes) { return io_error([&] { io::parse_idx(bytes, "a.idx"); }); };
  const auto raw = [](std::initializer_list<int> bytes) {
    std::string text;
    for (const int byte : bytes) text += static_cast<char>(byte);
    return text;
  };
  CHECK(error("") == "a.idx: it ends after 0 bytes; an IDX file begins with four");
  CHECK(error("PNG!") == "a.idx: it does not begin with two zero bytes; it is no IDX file");
  CHECK(error(raw({0, 0, 7, 1})) == "a.idx: its type is 0x07; 08, 09, 0b, 0c, 0d and 0e are known");
  CHECK(error(raw({0, 0, 8, 9})) == "a.idx: it has 9 axes; an array can have 8");
  CHECK(error(raw({0, 0, 8, 1, 0, 0})) == "a.idx: it ends within the 1 lengths of its axes");
  CHECK(error(raw({0, 0, 8, 1, 0, 0, 0, 2, 5})) == "a.idx: it has 1 bytes of data; its shape (2,) takes 2");
  CHECK(error(raw({0, 0, 8, 1, 255, 255, 255, 255})) == "a.idx: it has 0 bytes of data; its shape (4294967295,) takes 4294967295");
  CHECK(error(raw({0, 0, 14, 2, 255, 255, 255, 255, 255, 255, 255, 255})) ==
        "a.idx: its shape (4294967295, 4294967295) has more elements than an address space");
  const std::string zipped = io::read_file(reference("images.idx.gz"));
  CHECK(error(zipped.substr(0, zipped.size() / 2)) == "a.idx: the compressed data is cut short");
  CHECK(error(zipped + "x") == "a.idx: the compressed data is cut short");
  std::string damaged = zipped;
  damaged[zipped.size() - 6] ^= 1;  // in the checksum
  CHECK(error(damaged) == "a.idx: the compressed data is damaged (incorrect data check)");
  CHECK(io_error([] {
          io::read_idx_images(reference("labels.idx"));
        }).ends_with("labels.idx: it holds (3,) elements of 1 bytes; images are unsigned bytes (n, height, width)"));
}
