#pragma once
// Dispatch by element width, for kernels that move elements and do not read their values.
#include <cstdint>

#include <reel/core/dtype.hpp>

namespace reel::kernels {

/// Calls f with a value of the unsigned type that is as wide as the elements of `dtype`.
template <class F>
void with_word(Dtype dtype, const F& f) {
  switch (size_of(dtype)) {
    case 1: return f(std::uint8_t{});
    case 4: return f(std::uint32_t{});
    default: return f(std::uint64_t{});
  }
}

}  // namespace reel::kernels
