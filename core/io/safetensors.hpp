#pragma once
#include <map>
#include <string>
#include <string_view>

#include <reel/core/array.hpp>
#include <reel/core/error.hpp>

namespace reel::io {

using Arrays = std::map<std::string, Array>;

/// The content of a safetensors file: arrays by name, and metadata texts by name.
struct Safetensors {
  Arrays tensors;
  std::map<std::string, std::string> metadata = {};
  /// Tensors of a dtype that Reel does not have, such as F8_E4M3 or C64, which are not among `tensors`: a description by name, such as
  /// "F8_E4M3 of shape (2, 3)".
  std::map<std::string, std::string> unreadable = {};
};

/// Reads a whole safetensors file. F32, F64, I64 and BOOL keep their type; F16 and BF16 become float32; I8, U8, I16, U16, I32 and U32
/// become int64. Tensors of other dtypes are listed in `unreadable`, and the others are read. Throws IoError naming file, tensor and the
/// rule broken: a header that is cut short, is larger than the file or than 100 MB, is not JSON of the right form, or names a tensor or
/// field twice; more than max_rank axes; offsets that overlap, leave gaps, do not fit the shape or do not end with the file; a bool that is
/// neither 0 nor 1. The header is checked as a whole before any tensor is made. Format: https://github.com/huggingface/safetensors#format
Safetensors read_safetensors(const std::string& path, SourceLocation at = SourceLocation::here());
/// The same for bytes in memory; error messages call them `name`.
Safetensors parse_safetensors(std::string_view bytes, const std::string& name, SourceLocation at = SourceLocation::here());

/// As read_safetensors, but F32, F64 and I64 tensors are the file's own pages (mmap), loaded when they are first accessed; others, and
/// tensors that do not begin at a multiple of their element's size, are copied. Writing to such an array changes neither the file nor
/// another array: the kernel copies the page. The file stays open until the last of the arrays is gone. Files that are replaced, as Reel
/// and most programs do, leave the arrays as they were; a file that another program changes *in place* may change elements under them, and
/// one that it cuts short ends this program with SIGBUS when a page behind the new end is touched, which no library can turn into an error:
/// for files that others write to, use read_safetensors.
Safetensors map_safetensors(const std::string& path, SourceLocation at = SourceLocation::here());

/// Writes `tensors` and `metadata`, byte for byte as the reference implementation does: float32 as F32, float64 as F64, int64 as I64, bool
/// as BOOL, data aligned to 8 bytes. An old file stays until the new one is complete. Throws IoError when the file cannot be written, for
/// names that are not UTF-8, for a tensor named __metadata__, and for a path with the ending of another file format, such as .pt. `tensors`
/// and `metadata` may be empty.
void write_safetensors(const std::string& path, const Arrays& tensors, const std::map<std::string, std::string>& metadata = {},
                       SourceLocation at = SourceLocation::here());

}  // namespace reel::io
