#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <reel/core/dtype.hpp>

namespace reel::io {

/// An element type of files, and the dtype that it becomes in an Array: float32, float64, int64 and bool stay, half floats become float32,
/// and shorter integers become int64.
struct Element {
  std::size_t size;  ///< bytes in the file
  Dtype dtype;
  /// Decodes `count` packed elements; `swapped`: the file has the opposite byte order of this machine.
  void (*decode)(const char* source, std::size_t count, bool swapped, void* target);
  bool as_is;  ///< whether the Array stores the same bits, in this machine's byte order
};

/// The element types, named as in safetensors files.
namespace element {
extern const Element f32, f64, i64, boolean, f16, bf16, i8, u8, i16, u16, i32, u32;
}

/// Whether each byte is 0 or 1, as a bool must be.
bool are_bools(const char* source, std::size_t count);

/// Returns the product of lengths from a file; nothing if an Array of this size would not fit into an address space (2^58 elements and
/// more).
std::optional<std::uint64_t> element_count(std::span<const std::uint64_t> lengths);

}  // namespace reel::io
