#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include <reel/core/array.hpp>

namespace reel::io {

/// A file in memory, page by page as it is looked at. Writing to it copies the page and leaves the file as it is. The pages live as long as
/// the mapping or an array made from it.
class Mapping {
 public:
  /// Throws IoError when `path` does not exist, is no ordinary file, or cannot be read.
  explicit Mapping(const std::string& path);
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping();

  char* data() const;
  std::string_view bytes() const;
  /// An array whose elements are here, from `elements` on. Not range-checked.
  Array array(const Shape& shape, Dtype dtype, char* elements) const;

 private:
  struct Pages;
  Pages* pages_;
};

}  // namespace reel::io
