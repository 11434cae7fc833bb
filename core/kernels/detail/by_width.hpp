#pragma once
// For what moves elements without looking at them. Not installed.
#include <cstdint>

#include <reel/core/dtype.hpp>

namespace reel::kernels {

/// Calls f with a value of an unsigned type as wide as dtype's elements: moving does not look at them.
template <class F>
void with_word(Dtype dtype, const F& f) {
  switch (size_of(dtype)) {
    case 1: return f(std::uint8_t{});
    case 4: return f(std::uint32_t{});
    default: return f(std::uint64_t{});
  }
}

}  // namespace reel::kernels
