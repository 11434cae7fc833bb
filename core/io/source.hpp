#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include <reel/core/array.hpp>
#include <reel/core/io/detail/elements.hpp>

namespace reel::io {

/// Bytes in memory with the interface of an InputFile.
class Memory {
 public:
  explicit Memory(std::string_view bytes) : left_(bytes), size_(bytes.size()) {}
  std::optional<std::size_t> size() const { return size_; }
  std::size_t read(void* target, std::size_t bytes) {
    const std::size_t n = left_.copy(static_cast<char*>(target), bytes);
    left_.remove_prefix(n);
    return n;
  }

 private:
  std::string_view left_;
  std::size_t size_;
};

/// Reads the elements of `target` from an InputFile or Memory, directly where the file stores them as the array does. `swapped`: the file
/// has the opposite byte order of this machine. Returns whether the file had enough elements.
template <class File>
bool read_elements(File& file, const Element& type, bool swapped, Array& target) {
  auto* elements = static_cast<char*>(target.mutable_raw());
  if (type.as_is && !swapped) return file.read(elements, target.bytes()) == target.bytes();
  std::array<char, 1U << 14U> chunk;
  const std::size_t most = chunk.size() / type.size, width = size_of(target.dtype());
  for (std::size_t left = target.size(); left > 0;) {
    const std::size_t n = std::min(most, left);
    if (file.read(chunk.data(), n * type.size) != n * type.size) return false;
    type.decode(chunk.data(), n, swapped, elements);
    elements += n * width;
    left -= n;
  }
  return true;
}

}  // namespace reel::io
