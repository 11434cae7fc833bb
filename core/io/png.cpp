#include <reel/core/io/png.hpp>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/io/file.hpp>

#ifdef REEL_PNG
#include <array>
#include <csetjmp>
#include <cstring>
#include <new>
#include <span>
#include <vector>

#include <png.h>
#include <reel/core/io/detail/foreign.hpp>
#include <reel/core/io/detail/inflate.hpp>
#endif

namespace reel::io {

#ifdef REEL_PNG

namespace {

/// The data that libpng reads and writes. libpng reports errors by longjmp, which runs no destructors: every object that has a destructor
/// is here, outside of the functions that libpng jumps out of.
struct Decoding {
  std::string_view left;
  const std::string* name;
  std::size_t file_bytes;
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::string error = {};
  png_uint_32 width = 0, height = 0;
  bool interlaced = false;
  std::size_t stored_pixel_bits = 0;                     // in the file
  std::size_t channels = 0, depth = 0, pixel_bytes = 0;  // as rows are given
  std::vector<png_byte> row = {};   // as libpng gives it, as wide as the image also where it is a part of an interlaced one
  std::vector<png_byte> rows = {};  // those that have come

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

/// Everything up to the first row, as the file has it. Returns false where libpng found an error.
bool read_header(Decoding& d) {
  if (setjmp(png_jmpbuf(d.png))) return false;
  png_set_read_fn(d.png, &d, on_read);
  png_read_info(d.png, d.info);
  d.width = png_get_image_width(d.png, d.info);
  d.height = png_get_image_height(d.png, d.info);
  d.interlaced = png_get_interlace_type(d.png, d.info) != PNG_INTERLACE_NONE;
  d.stored_pixel_bits = std::size_t{png_get_channels(d.png, d.info)} * png_get_bit_depth(d.png, d.info);
  return true;
}

/// Requests 8 or 16 bits per channel in this machine's byte order, and no palette. libpng allocates memory for a row here.
bool set_transformations(Decoding& d) {
  if (setjmp(png_jmpbuf(d.png))) return false;
  png_set_expand(d.png);
  if (png_get_bit_depth(d.png, d.info) == 16) png_set_swap(d.png);
  png_read_update_info(d.png, d.info);
  d.channels = png_get_channels(d.png, d.info);
  d.depth = png_get_bit_depth(d.png, d.info);
  d.pixel_bytes = d.channels * d.depth / 8;
  return true;
}

bool read_row(Decoding& d) {
  if (setjmp(png_jmpbuf(d.png))) return false;
  png_read_row(d.png, d.row.data(), nullptr);
  return true;
}

bool read_end(Decoding& d) {
  if (setjmp(png_jmpbuf(d.png))) return false;
  png_read_end(d.png, nullptr);
  return true;
}

/// A pass over the image: the pixels (x + i dx, y + k dy). An image has one pass, an interlaced one (Adam7) seven.
struct Pass {
  std::size_t x, y, dx, dy;
  std::size_t columns(const Decoding& d) const { return d.width > x ? (d.width - x + dx - 1) / dx : 0; }
  std::size_t rows(const Decoding& d) const { return columns(d) > 0 && d.height > y ? (d.height - y + dy - 1) / dy : 0; }
};

constexpr std::array whole_image{Pass{0, 0, 1, 1}};
constexpr std::array interlaced_passes{Pass{0, 0, 8, 8}, Pass{4, 0, 8, 8}, Pass{0, 4, 4, 8}, Pass{2, 0, 4, 4},
                                       Pass{0, 2, 2, 4}, Pass{1, 0, 2, 2}, Pass{0, 1, 1, 2}};

std::span<const Pass> passes_of(const Decoding& d) {
  return d.interlaced ? std::span<const Pass>(interlaced_passes) : std::span<const Pass>(whole_image);
}

/// Each row has a byte for its filter and its pixels at the file's own depth, before compression.
void check_size(const Decoding& d) {
  std::uint64_t least = 0;
  for (const Pass& pass : passes_of(d)) least += pass.rows(d) * (1 + (pass.columns(d) * d.stored_pixel_bits + 7) / 8);
  if (least / most_inflated > d.file_bytes)
    throw IoError(
        fmt::format("{}: it is said to have {} x {} pixels, which {} bytes cannot hold", *d.name, d.width, d.height, d.file_bytes));
}

/// Reorders from interleaved pixels to separate channels.
template <class T>
void separate(const Decoding& d, float most, float* target) {
  const std::size_t plane = std::size_t{d.width} * d.height;
  const png_byte* source = d.rows.data();
  for (const Pass& pass : passes_of(d))
    for (std::size_t row = 0; row < pass.rows(d); ++row)
      for (std::size_t column = 0; column < pass.columns(d); ++column)
        for (std::size_t channel = 0; channel < d.channels; ++channel) {
          T value;
          std::memcpy(&value, source, sizeof(T));
          source += sizeof(T);
          target[channel * plane + (pass.y + row * pass.dy) * d.width + pass.x + column * pass.dx] = static_cast<float>(value) / most;
        }
}

Array decoded(Decoding& d) {
  const auto check = [&d](bool succeeded) {
    if (!succeeded) throw IoError(fmt::format("{}: {}", *d.name, d.error));
  };
  check(read_header(d));
  check_size(d);
  check(set_transformations(d));
  d.row.resize(d.width * d.pixel_bytes);
  // A header may claim more rows than there are, within what a file of this size could hold: rows take memory as they come.
  for (const Pass& pass : passes_of(d))
    for (std::size_t row = 0; row < pass.rows(d); ++row) {
      check(read_row(d));
      d.rows.insert(d.rows.end(), d.row.data(), d.row.data() + pass.columns(d) * d.pixel_bytes);
    }
  check(read_end(d));
  Array result({d.channels, std::size_t{d.height}, std::size_t{d.width}}, float32);
  if (d.depth == 16) separate<std::uint16_t>(d, 65535, result.mutable_data<float>());
  else separate<std::uint8_t>(d, 255, result.mutable_data<float>());
  return result;
}

Array parse(std::string_view bytes, const std::string& name) {
  if (!bytes.starts_with("\x89PNG\r\n\x1a\n")) throw IoError(fmt::format("{}: Not a PNG file{}", name, looks_like(bytes)));
  Decoding d{.left = bytes, .name = &name, .file_bytes = bytes.size()};
  d.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &d, on_error, on_warning);
  if (d.png) d.info = png_create_info_struct(d.png);
  if (!d.info) throw std::bad_alloc();
  return decoded(d);
}

}  // namespace

bool can_read_png() { return true; }

#else

namespace {

Array parse(std::string_view, const std::string& name) {
  throw IoError(fmt::format("{}: Reel was built without libpng, so it cannot read PNG images", name));
}

}  // namespace

bool can_read_png() { return false; }

#endif

Array parse_png(std::string_view bytes, const std::string& name, SourceLocation at) {
  return detail::placed(at, [&] { return parse(bytes, name); });
}

Array read_png(const std::string& path, SourceLocation at) { return parse_png(read_file(path, at), path, at); }

}  // namespace reel::io
