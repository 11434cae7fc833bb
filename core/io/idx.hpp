#pragma once
#include <string>
#include <string_view>

#include <reel/core/array.hpp>
#include <reel/core/error.hpp>

namespace reel::io {

/// Reads an array from an IDX file, the format of the MNIST image sets; a gzip-compressed file is recognised by its first bytes. Integers
/// become int64, floats become float32 or float64. Throws IoError naming the file and what is wrong: not an IDX file, a header that is cut
/// short, an unknown type, more than max_rank axes, more or fewer elements than the header says, damaged gzip data. A small file that
/// claims to be huge is refused before anything is allocated. Format: http://yann.lecun.com/exdb/mnist/
Array read_idx(const std::string& path, SourceLocation at = SourceLocation::here());
/// The same for bytes in memory; error messages call them `name`.
Array parse_idx(std::string_view bytes, const std::string& name, SourceLocation at = SourceLocation::here());

/// Reads grey images, an IDX file of unsigned bytes (n, height, width), as float32 (n, 1, height, width) with values from 0 to 1. Throws
/// IoError as read_idx does, and for another type or number of axes.
Array read_idx_images(const std::string& path, SourceLocation at = SourceLocation::here());
Array parse_idx_images(std::string_view bytes, const std::string& name, SourceLocation at = SourceLocation::here());

}  // namespace reel::io
