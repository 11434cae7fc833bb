#include <reel/core/io/png.hpp>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/io/file.hpp>

#ifdef REEL_PNG
#include <csetjmp>
#include <cstring>
#include <vector>

#include <png.h>
#include <reel/core/io/inflate.hpp>
#endif

namespace reel::io {

#ifdef REEL_PNG

namespace {

/// What libpng is given and gives back. libpng reports errors by longjmp, which runs no destructors: everything that has one is here,
/// outside of the functions that it jumps out of.
struct Decoding {
  std::string_view left;
  const std::string* name;
  std::size_t file_bytes;
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::string error = {};
  png_uint_32 width = 0, height = 0;
  std::size_t channels = 0, depth = 0, row_bytes = 0;
  std::vector<png_byte> pixels = {};
  std::vector<png_bytep> rows = {};

  ~Decoding() { png_destroy_read_struct(&png, &info, nullptr); }
};

[[noreturn]] void on_error(png_structp png, png_const_charp message) {
  static_cast<Decoding*>(png_get_error_ptr(png))->error = message;
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

void on_read(png_structp png, png_bytep target, std::size_t bytes) {
  auto& decoding = *static_cast<Decoding*>(png_get_io_ptr(png));
  if (decoding.left.size() < bytes) png_error(png, "the file is cut short");
  decoding.left.copy(reinterpret_cast<char*>(target), bytes);
  decoding.left.remove_prefix(bytes);
}

/// Asks for 8 or 16 bits a channel in this machine's order, and no palette.
void set_transformations(png_structp png, png_infop info) {
  png_set_expand(png);
  if (png_get_bit_depth(png, info) == 16) png_set_swap(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
}

/// Everything up to the first row. Returns false where libpng found an error.
bool read_header(Decoding& d) {
  if (setjmp(png_jmpbuf(d.png))) return false;
  png_set_read_fn(d.png, &d, on_read);
  png_read_info(d.png, d.info);
  d.width = png_get_image_width(d.png, d.info);
  d.height = png_get_image_height(d.png, d.info);
  set_transformations(d.png, d.info);
  d.channels = png_get_channels(d.png, d.info);
  d.depth = png_get_bit_depth(d.png, d.info);
  d.row_bytes = png_get_rowbytes(d.png, d.info);
  return true;
}

bool read_rows(Decoding& d) {
  if (setjmp(png_jmpbuf(d.png))) return false;
  png_read_image(d.png, d.rows.data());
  png_read_end(d.png, nullptr);
  return true;
}

/// The least that a file can have for its pixels: a bit each, before compression.
void check_size(const Decoding& d) {
  const std::uint64_t least = std::uint64_t{d.width} * d.height / 8;
  if (least / most_inflated > d.file_bytes)
    throw IoError(
        fmt::format("{}: it is said to have {} x {} pixels, which {} bytes cannot hold", *d.name, d.width, d.height, d.file_bytes));
}

/// From pixel by pixel to channel by channel.
template <class T>
void separate(const Decoding& d, float most, float* target) {
  const std::size_t plane = std::size_t{d.width} * d.height;
  for (std::size_t y = 0; y < d.height; ++y) {
    for (std::size_t i = 0; i < d.width * d.channels; ++i) {
      T value;
      std::memcpy(&value, d.rows[y] + i * sizeof(T), sizeof(T));
      target[i % d.channels * plane + y * d.width + i / d.channels] = static_cast<float>(value) / most;
    }
  }
}

Array decoded(Decoding& d) {
  if (!read_header(d)) throw IoError(fmt::format("{}: {}", *d.name, d.error));
  check_size(d);
  d.pixels.resize(d.row_bytes * d.height);
  for (std::size_t y = 0; y < d.height; ++y) d.rows.push_back(d.pixels.data() + y * d.row_bytes);
  if (!read_rows(d)) throw IoError(fmt::format("{}: {}", *d.name, d.error));
  Array result({d.channels, std::size_t{d.height}, std::size_t{d.width}}, float32);
  if (d.depth == 16) separate<std::uint16_t>(d, 65535, result.mutable_data<float>());
  else separate<std::uint8_t>(d, 255, result.mutable_data<float>());
  return result;
}

}  // namespace

bool can_read_png() { return true; }

Array parse_png(std::string_view bytes, const std::string& name) {
  Decoding d{.left = bytes, .name = &name, .file_bytes = bytes.size()};
  d.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &d, on_error, on_warning);
  if (d.png) d.info = png_create_info_struct(d.png);
  if (!d.info) throw std::bad_alloc();
  return decoded(d);
}

#else

namespace {

[[noreturn]] void fail(const std::string& name) {
  throw IoError(fmt::format("{}: Reel was built without libpng, so it cannot read PNG images", name));
}

}  // namespace

bool can_read_png() { return false; }
Array parse_png(std::string_view, const std::string& name) { fail(name); }

#endif

Array read_png(const std::string& path) { return parse_png(read_file(path), path); }

}  // namespace reel::io
