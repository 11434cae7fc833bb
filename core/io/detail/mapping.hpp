#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include <reel/core/array.hpp>

namespace reel::io {

/// A file mapped into memory, whose pages are loaded when they are accessed. Writing to a page copies it and leaves the file unchanged. The
/// pages live as long as the mapping and all arrays made from it.
class Mapping {
 public:
  /// Throws IoError when `path` does not exist, is not a regular file, or cannot be read.
  explicit Mapping(const std::string& path);
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping();

  char* data() const;
  std::string_view bytes() const;
  /// Returns an array whose elements are in the mapping, beginning at `elements`. Not range-checked.
  Array array(const Shape& shape, Dtype dtype, char* elements) const;

 private:
  struct Pages;
  Pages* pages_;
};

}  // namespace reel::io
