#include <reel/core/kernels/tiles.hpp>

#include <algorithm>
#include <cstring>

#include <reel/core/parallel.hpp>

namespace reel::kernels {

namespace {

constexpr std::size_t tile_elements = 512;
constexpr std::size_t grain = std::size_t{1} << 15;  // elements below which a second thread does not pay

/// Reads an input as if it were repeated to the output's shape, tile by tile.
class Repeated {
 public:
  Repeated() = default;
  Repeated(const Array& input, const Shape& to) : elements_(static_cast<const std::byte*>(input.raw())), width_(size_of(input.dtype())) {
    const std::size_t offset = to.rank() - input.rank();
    const Shape strides = strides_of(input.shape());
    // Neighbouring axes that are walked alike become one, so that runs are long.
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

struct Operands {
  const void* in[max_operands];
  void* out[max_operands];
};

void map_contiguous(TileFunction tile, const void* formula, const Operands& start, std::span<const Array* const> inputs,
                    std::span<Array* const> outputs, std::size_t begin, std::size_t end) {
  Operands at;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    at.in[i] = static_cast<const std::byte*>(start.in[i]) + begin * size_of(inputs[i]->dtype());
  for (std::size_t i = 0; i < outputs.size(); ++i) at.out[i] = static_cast<std::byte*>(start.out[i]) + begin * size_of(outputs[i]->dtype());
  tile(formula, at.in, at.out, end - begin);
}

void map_repeated(TileFunction tile, const void* formula, const Operands& start, std::span<const Array* const> inputs,
                  std::span<Array* const> outputs, std::size_t begin, std::size_t end) {
  alignas(64) std::byte buffers[max_operands][tile_elements * 8];
  Repeated repeated[max_operands];
  Operands at;
  const Shape& shape = outputs[0]->shape();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    repeated[i] = Repeated(*inputs[i], shape);
    if (repeated[i].is_constant()) at.in[i] = repeated[i].read(begin, std::min(tile_elements, end - begin), buffers[i]);
  }
  for (std::size_t from = begin; from < end; from += tile_elements) {
    const std::size_t n = std::min(tile_elements, end - from);
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (!repeated[i].is_constant()) at.in[i] = repeated[i].read(from, n, buffers[i]);
    for (std::size_t i = 0; i < outputs.size(); ++i)
      at.out[i] = static_cast<std::byte*>(start.out[i]) + from * size_of(outputs[i]->dtype());
    tile(formula, at.in, at.out, n);
  }
}

}  // namespace

void map_tiles(TileFunction tile, const void* formula, std::span<const Array* const> inputs, std::span<Array* const> outputs) {
  const std::size_t n = outputs[0]->size();
  if (n == 0) return;
  Operands start;
  bool contiguous = true;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    start.in[i] = inputs[i]->raw();
    contiguous = contiguous && inputs[i]->size() == n;
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) start.out[i] = outputs[i]->mutable_raw();
  if (contiguous && n <= grain) {
    tile(formula, start.in, start.out, n);
    return;
  }
  const auto run = contiguous ? map_contiguous : map_repeated;
  parallel_for(n, grain, [&](std::size_t begin, std::size_t end) { run(tile, formula, start, inputs, outputs, begin, end); });
}

}  // namespace reel::kernels
