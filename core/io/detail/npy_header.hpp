#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reel::io {

/// The dictionary in the header of a .npy file. Its form is checked, but it is not compared with the data.
struct NpyHeader {
  std::string descr;  // such as "<f4"
  bool fortran_order = false;
  std::vector<std::uint64_t> shape;  // at most max_rank lengths
  std::size_t data_begin = 0;        // in the file
};

/// Returns the number of bytes up to the end of the dictionary's length, which npy_data_begin() needs, as far as the file has them.
std::size_t npy_prefix_bytes(std::string_view first_bytes);
/// Returns where the dictionary ends and the data begin. `prefix` holds at least the first npy_prefix_bytes() bytes of a file of
/// `file_bytes`. Throws IoError naming `name` and what is wrong.
std::size_t npy_data_begin(std::string_view prefix, std::size_t file_bytes, const std::string& name);

/// Parses a header. `bytes` must begin with the whole header. Throws IoError naming `name` and what is wrong.
NpyHeader parse_npy_header(std::string_view bytes, const std::string& name);

}  // namespace reel::io
