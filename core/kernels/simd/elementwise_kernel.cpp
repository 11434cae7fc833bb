#include <reel/core/kernels/simd/elementwise_kernel.hpp>

#include <algorithm>
#include <cstring>
#include <string>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/kernels/detail/broadcast_iterator.hpp>
#include <reel/core/parallel.hpp>

namespace reel::kernels {

void throw_mixed_dtypes(std::span<const Array* const> inputs, Dtype wanted) {
  std::string given;
  for (const Array* const x : inputs) given += (given.empty() ? "" : ", ") + std::string(name_of(x->dtype()));
  throw DtypeError("a kernel for " + std::string(name_of(wanted)) + " was given arrays of " + given +
                   "; all have to be of one dtype: convert them with astype()");
}

namespace {

constexpr std::size_t tile_elements = 512;
constexpr std::size_t grain = std::size_t{1} << 15;  // elements below which a second thread is not worth its cost
constexpr std::size_t piece = 8 * tile_elements;     // elements per piece, so that threads share evenly

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

void throw_not_floating(Dtype dtype) {
  throw DtypeError(
      fmt::format("elementwise: a formula was given arrays of {}; it computes in float32 or float64 (astype converts)", name_of(dtype)));
}

void map_tiles(TileFunction tile, const void* formula, std::span<const Array* const> inputs, std::span<Array* const> outputs) {
  const std::size_t n = outputs[0]->size();
  const Shape& shape = outputs[0]->shape();
  for (const Array* x : inputs)
    if (x->shape() != shape && !broadcasts_to(x->shape(), shape))
      throw ShapeError(fmt::format("elementwise: an input is {}, and the result {}, to which it does not broadcast", x->shape(), shape));
  if (n == 0) return;
  Operands start;
  bool contiguous = true;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    start.in[i] = inputs[i]->raw();
    contiguous = contiguous && inputs[i]->size() == n;
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) start.out[i] = outputs[i]->mutable_raw();
  if (contiguous && n <= grain) return tile(formula, start.in, start.out, n);
  const auto run = contiguous ? map_contiguous : map_repeated;
  parallel_for(n, n <= grain ? n : piece,
               [&](std::size_t begin, std::size_t end) { run(tile, formula, start, inputs, outputs, begin, end); });
}

}  // namespace reel::kernels
