#pragma once
// Reads a broadcast array without copying it.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <reel/core/array.hpp>

namespace reel::kernels {

/// Reads an input as if it were repeated to the output's shape, tile by tile. The array must outlive the Repeated.
class Repeated {
 public:
  Repeated() = default;
  Repeated(const Array& input, const Shape& to) : elements_(static_cast<const std::byte*>(input.raw())), width_(size_of(input.dtype())) {
    const std::size_t offset = to.rank() - input.rank();
    const Shape strides = strides_of(input.shape());
    // Neighbouring axes with compatible strides are merged, so that runs are long.
    for (std::size_t axis = 0; axis < to.rank(); ++axis) {
      const std::size_t length = to[axis];
      if (length == 1) continue;
      const std::size_t stride = axis < offset || input.shape()[axis - offset] == 1 ? 0 : strides[axis - offset];
      if (rank_ > 0 && strides_[rank_ - 1] == stride * length) {
        lengths_[rank_ - 1] *= length;
        strides_[rank_ - 1] = stride;
      } else {
        lengths_[rank_] = length;
        strides_[rank_++] = stride;
      }
    }
    if (rank_ == 0) {
      lengths_[0] = 1;
      strides_[0] = 0;
      rank_ = 1;
    }
  }

  /// Elements [begin, begin + n) of the repeated input: in place where they are contiguous, else gathered into `tile`.
  const void* read(std::size_t begin, std::size_t n, std::byte* tile) const {
    if (rank_ == 1 && strides_[0] == 1) return elements_ + begin * width_;
    switch (width_) {
      case 1: gather<std::uint8_t>(begin, n, tile); break;
      case 4: gather<std::uint32_t>(begin, n, tile); break;
      default: gather<std::uint64_t>(begin, n, tile);
    }
    return tile;
  }
  bool is_constant() const { return rank_ == 1 && strides_[0] == 0; }

 private:
  template <class Word>
  void gather(std::size_t begin, std::size_t n, std::byte* tile) const {
    const auto* const source = reinterpret_cast<const Word*>(elements_);
    auto* target = reinterpret_cast<Word*>(tile);
    const std::size_t run = lengths_[rank_ - 1], step = strides_[rank_ - 1];
    std::size_t index[max_rank], position = begin, at = 0;
    for (std::size_t axis = rank_; axis-- > 0;) {
      index[axis] = position % lengths_[axis];
      position /= lengths_[axis];
      at += index[axis] * strides_[axis];
    }
    while (n > 0) {
      const std::size_t count = std::min(n, run - index[rank_ - 1]);
      if (step == 0) {
        std::fill_n(target, count, source[at]);
      } else if (step == 1) {
        std::copy_n(source + at, count, target);
      } else {
        for (std::size_t i = 0; i < count; ++i) target[i] = source[at + i * step];
      }
      target += count;
      n -= count;
      if (n == 0) break;
      at -= index[rank_ - 1] * step;  // next run: carry into the outer axes
      index[rank_ - 1] = 0;
      for (std::size_t axis = rank_ - 1; axis-- > 0;) {
        at += strides_[axis];
        if (++index[axis] < lengths_[axis]) break;
        at -= index[axis] * strides_[axis];
        index[axis] = 0;
      }
    }
  }

  const std::byte* elements_ = nullptr;
  std::size_t width_ = 0;
  std::size_t rank_ = 0;
  std::size_t lengths_[max_rank] = {}, strides_[max_rank] = {};
};

}  // namespace reel::kernels
