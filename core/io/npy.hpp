#pragma once
#include <string>
#include <string_view>

#include <reel/core/array.hpp>
#include <reel/core/error.hpp>

namespace reel::io {

/// Reads one array from NumPy's .npy file, versions 1.0 to 3.0, row-major or column-major (Fortran) order, either byte order. float32,
/// float64, int64 and bool keep their type; float16 becomes float32; int8, uint8, int16, uint16, int32 and uint32 become int64. Throws
/// IoError naming the file and what is wrong: not a .npy file, a version or dtype that is not listed here, a header that is cut short or
/// differs from the form that NumPy writes, more than max_rank axes, a bool that is neither 0 nor 1, more or fewer bytes of data than the
/// shape needs. Pickled objects are never loaded. Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
Array read_npy(const std::string& path, SourceLocation at = SourceLocation::here());
/// The same for bytes in memory; error messages call them `name`.
Array parse_npy(std::string_view bytes, const std::string& name, SourceLocation at = SourceLocation::here());

/// Writes `array` byte for byte as numpy.save does: version 1.0, row-major, little-endian. An old file stays until the new one is complete.
/// Throws IoError when the file cannot be written, and for a path with the ending of another file format, such as .csv.
void write_npy(const std::string& path, const Array& array, SourceLocation at = SourceLocation::here());
/// Returns the bytes that come before the elements in such a file.
std::string npy_header(const Array& array);

}  // namespace reel::io
