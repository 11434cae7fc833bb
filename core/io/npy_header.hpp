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

/// Throws IoError naming `name` and what is wrong.
NpyHeader parse_npy_header(std::string_view bytes, const std::string& name);

}  // namespace reel::io
