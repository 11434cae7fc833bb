#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reel::io {

/// What the dictionary at the head of a .npy file says. Of the right form, but not checked against the data.
struct NpyHeader {
  std::string descr;  // such as "<f4"
  bool fortran_order = false;
  std::vector<std::uint64_t> shape;  // at most max_rank lengths
  std::size_t data_begin = 0;        // in the file
};

/// The bytes before the dictionary's length has ended: those that npy_data_begin() needs, as far as the file has them.
std::size_t npy_prefix_bytes(std::string_view first_bytes);
/// Where the dictionary ends and the data begin. `prefix` are the first npy_prefix_bytes() bytes, or more, of a file of `file_bytes`.
/// Throws IoError naming `name` and what is wrong.
std::size_t npy_data_begin(std::string_view prefix, std::size_t file_bytes, const std::string& name);

/// `bytes` begin with the whole header. Throws IoError naming `name` and what is wrong.
NpyHeader parse_npy_header(std::string_view bytes, const std::string& name);

}  // namespace reel::io
