#pragma once
// The inner loops of convolutions, over padded planes in which every tap of a kernel is a fixed distance from its output's place.
#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace reel::kernels {

/// The number of lanes of a SIMD vector, the rows that tap_sums works on together, and the most rows and taps of one call of tap_dots.
struct TileSizes {
  std::size_t lanes, rows, dot_rows, dot_taps;
};
template <class T>
TileSizes tile_sizes();

/// A run of outputs in one vector: `count` lanes from `lane` on are the outputs at target, target + step, ...
struct Piece {
  std::size_t lane, count, target;
};

/// One vector of neighbouring places in the planes: where it begins, and which of its lanes are outputs.
struct PlaceVector {
  std::size_t source, first_piece, pieces;
};

/// The vectors that cover a set of places, and the positions of their outputs in an array.
struct Cover {
  std::vector<PlaceVector> vectors;
  std::vector<Piece> pieces;
  std::size_t step = 1;  // from one output of a piece to the next
};

/// A set of places with four axes (image, depth, height, width): the first place and the steps per axis, in the planes and in the output
/// array.
struct Places {
  std::size_t lengths[4], source_steps[4], target_steps[4];
  std::size_t source = 0, target = 0;
};

/// Covers the places with as few vectors as possible: each vector begins at the first place that is not covered yet.
Cover cover_places(const Places& places, std::size_t lanes);

/// out[row] = bias[row] + Σ_i weights[row, i]·planes[place + offsets[i]] for each place; rows of out lie `row_step` apart.
template <class T>
struct TapSums {
  const T* planes;  // readable for a vector's length past the last place
  std::span<const std::size_t> offsets;
  const T* weights;  // packed by pack_weights
  std::size_t rows;
  const T* bias;  // or null
  T* out;
  std::size_t row_step;
};

/// The weights of some rows in the order in which tap_sums reads them; `at(row, tap)` gives one.
template <class T, class F>
void pack_weights(std::size_t rows, std::size_t taps, const F& at, T* to) {
  constexpr std::size_t taps_at_once = 64;  // so that the weights that are read stay in the cache, whether rows or taps are contiguous
  const std::size_t blocks = (rows + tile_sizes<T>().rows - 1) / tile_sizes<T>().rows;
  for (std::size_t start = 0; start < taps; start += taps_at_once)
    for (std::size_t block = 0; block < blocks; ++block) {
      const std::size_t row = block * rows / blocks, next = (block + 1) * rows / blocks;
      T* out = to + row * taps + start * (next - row);
      for (std::size_t tap = start; tap < std::min(taps, start + taps_at_once); ++tap)
        for (std::size_t r = row; r < next; ++r) *out++ = at(r, tap);
    }
}

/// Computes the sums for the vectors [begin, end) of the cover.
void tap_sums(const TapSums<float>& sums, const Cover& cover, std::size_t begin, std::size_t end);
void tap_sums(const TapSums<double>& sums, const Cover& cover, std::size_t begin, std::size_t end);

/// Copies the outputs at a cover's places (with step 1) to one vector after the other, with 0 in lanes that are not outputs.
void gather(const Cover& cover, const float* from, float* to);
void gather(const Cover& cover, const double* from, double* to);

/// out[row, i] += Σ_places rows[row, place]·planes[place + offsets[i]]
template <class T>
struct TapDots {
  const T* planes;
  std::span<const std::size_t> offsets;
  const T* rows;  // as gathered
  std::size_t row_step;
  T* out;
  std::size_t out_step;
};

/// Adds the products for `count` <= dot_rows rows and up to dot_taps taps.
void tap_dots(const TapDots<float>& dots, std::size_t count, const Cover& cover);
void tap_dots(const TapDots<double>& dots, std::size_t count, const Cover& cover);

}  // namespace reel::kernels
