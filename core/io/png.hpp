#pragma once
#include <string>
#include <string_view>

#include <reel/core/array.hpp>
#include <reel/core/error.hpp>

namespace reel::io {

/// Whether Reel was built with libpng. Without it, read_png and parse_png throw IoError; writing does not need it.
bool can_read_png();

/// Reads a PNG image as float32 (channels, height, width) with values from 0 to 1: one channel for grey, two for grey with opacity, three
/// for RGB, four for RGB with opacity. Values of 8 bits per channel are divided by 255, of 16 bits by 65535; fewer bits and palettes are
/// converted to 8 bits. No colour profile or gamma is applied. Throws IoError naming the file and what is wrong: not a PNG file, one that
/// is cut short or damaged, a size that the bytes of the file cannot hold. Memory is allocated only for rows that have been read, whatever
/// the header says. Format: https://www.w3.org/TR/png/
Array read_png(const std::string& path, SourceLocation at = SourceLocation::here());
/// The same for bytes in memory; error messages call them `name`.
Array parse_png(std::string_view bytes, const std::string& name, SourceLocation at = SourceLocation::here());

/// Writes (height, width) or (1, height, width) in grey, (3, height, width) as RGB, (4, height, width) with opacity, (2, ...) as grey with
/// opacity, with 8 bits per channel: round(255 x), where x is clipped to [0, 1] and NaN becomes 0. An old file stays until the new one is
/// complete. Throws ShapeError for another shape or an empty image, IoError when the file cannot be written, and for a path with the ending
/// of another file format, such as .jpg.
void write_png(const std::string& path, const Array& image, SourceLocation at = SourceLocation::here());
/// Returns the bytes of such a file.
std::string format_png(const Array& image, SourceLocation at = SourceLocation::here());

}  // namespace reel::io
