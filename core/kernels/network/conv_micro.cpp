#include <reel/core/kernels/network/conv_micro.hpp>

#include <algorithm>
#include <array>
#include <utility>

#include <reel/core/kernels/detail/masked.hpp>

namespace reel::kernels {

namespace {

// Accumulators, plus one vector for each place (or row) and one for the broadcast number, are to fit into 32 or 16 registers.
constexpr std::size_t max_rows = XSIMD_WITH_AVX512F ? 8 : 4, max_vectors = 3;
constexpr std::size_t max_dot_rows = XSIMD_WITH_AVX512F ? 6 : 3, max_dot_taps = 4;
/// Vectors of `max_dot_rows` rows that stay in the first-level cache while all taps go over them.
constexpr std::size_t dot_block = 64;
constexpr std::size_t max_dot_columns = 8 * max_dot_taps;

/// The most bytes of weights that stay in the second-level cache.
constexpr std::size_t weights_bytes = std::size_t{1} << 19;

/// Stores the outputs of a vector of which not all lanes are neighbouring outputs.
template <class T>
void put_pieces(const xsimd::batch<T>& values, const PlaceVector& place, const Cover& cover, T* out) {
  const Piece* piece = &cover.pieces[place.first_piece];
  const Piece* const end = piece + place.pieces;
  if (cover.step == 1) {
    for (; piece != end; ++piece) store_lanes(values, piece->lane, piece->count, out + piece->target);
    return;
  }
  alignas(64) T buffer[xsimd::batch<T>::size];
  values.store_aligned(buffer);
  for (; piece != end; ++piece)
    for (std::size_t i = 0; i < piece->count; ++i) out[piece->target + i * cover.step] = buffer[piece->lane + i];
}

/// `Rows` rows from `row` on, at `Vectors` vectors from `first` on.
template <class T, std::size_t Rows, std::size_t Vectors>
void sum_tile(const TapSums<T>& s, std::size_t row, const Cover& cover, std::size_t first) {
  using Batch = xsimd::batch<T>;
  Batch sum[Rows][Vectors];
  const T* from[Vectors];
  for (std::size_t v = 0; v < Vectors; ++v) from[v] = s.planes + cover.vectors[first + v].source;
  for (std::size_t r = 0; r < Rows; ++r)
    for (std::size_t v = 0; v < Vectors; ++v) sum[r][v] = Batch(s.bias ? s.bias[row + r] : T(0));
  const T* weights = s.weights + row * s.offsets.size();
  for (const std::size_t offset : s.offsets) {
    Batch x[Vectors];
    for (std::size_t v = 0; v < Vectors; ++v) x[v] = Batch::load_unaligned(from[v] + offset);
    for (std::size_t r = 0; r < Rows; ++r) {
      const Batch weight(weights[r]);
      for (std::size_t v = 0; v < Vectors; ++v) sum[r][v] = xsimd::fma(weight, x[v], sum[r][v]);
    }
    weights += Rows;
  }
  for (std::size_t v = 0; v < Vectors; ++v) {
    const PlaceVector& place = cover.vectors[first + v];
    const Piece& piece = cover.pieces[place.first_piece];
    T* const out = s.out + row * s.row_step;
    if (piece.count == Batch::size && cover.step == 1) {
      for (std::size_t r = 0; r < Rows; ++r) sum[r][v].store_unaligned(out + r * s.row_step + piece.target);
    } else {
      for (std::size_t r = 0; r < Rows; ++r) put_pieces(sum[r][v], place, cover, out + r * s.row_step);
    }
  }
}

template <class T>
using SumTile = void (*)(const TapSums<T>&, std::size_t, const Cover&, std::size_t);

template <class T, std::size_t Vectors, std::size_t... R>
constexpr std::array<SumTile<T>, sizeof...(R)> sum_tiles_of(std::index_sequence<R...>) {
  return {sum_tile<T, R + 1, Vectors>...};
}

template <class T>
void any_tap_sums(const TapSums<T>& s, const Cover& cover, std::size_t begin, std::size_t end) {
  constexpr auto every = std::make_index_sequence<max_rows>();
  static constexpr std::array<SumTile<T>, max_rows> tiles[max_vectors] = {sum_tiles_of<T, 1>(every), sum_tiles_of<T, 2>(every),
                                                                          sum_tiles_of<T, 3>(every)};
  const std::size_t blocks = (s.rows + max_rows - 1) / max_rows;
  const auto run = [&](std::size_t first, std::size_t block) {
    const std::size_t row = block * s.rows / blocks, next = (block + 1) * s.rows / blocks;
    tiles[std::min(max_vectors, end - first) - 1][next - row - 1](s, row, cover, first);
  };
  // The smaller of the two, the weights of all rows or the places, is read in the inner loop, where it comes from a nearer cache.
  if (s.rows * s.offsets.size() * sizeof(T) <= weights_bytes) {
    for (std::size_t first = begin; first < end; first += max_vectors)
      for (std::size_t block = 0; block < blocks; ++block) run(first, block);
  } else {
    for (std::size_t block = 0; block < blocks; ++block)
      for (std::size_t first = begin; first < end; first += max_vectors) run(first, block);
  }
}

/// `Rows` rows with `Taps` taps from `tap` on, over the vectors [begin, end). Sums of single lanes go on from one call to the next.
template <class T, std::size_t Rows, std::size_t Taps>
void dot_tile(const TapDots<T>& d, std::size_t tap, const Cover& cover, std::size_t begin, std::size_t end, T* lane_sums) {
  using Batch = xsimd::batch<T>;
  constexpr std::size_t lanes = Batch::size;
  Batch sum[Rows][Taps];
  for (std::size_t r = 0; r < Rows; ++r)
    for (std::size_t t = 0; t < Taps; ++t) sum[r][t] = Batch::load_aligned(lane_sums + (r * Taps + t) * lanes);
  const T* from[Taps];
  for (std::size_t t = 0; t < Taps; ++t) from[t] = d.planes + d.offsets[tap + t];
  for (std::size_t v = begin; v < end; ++v) {
    const std::size_t place = cover.vectors[v].source;
    Batch rows[Rows];
    for (std::size_t r = 0; r < Rows; ++r) rows[r] = Batch::load_aligned(d.rows + r * d.row_step + v * lanes);
    for (std::size_t t = 0; t < Taps; ++t) {
      const Batch x = Batch::load_unaligned(from[t] + place);
      for (std::size_t r = 0; r < Rows; ++r) sum[r][t] = xsimd::fma(rows[r], x, sum[r][t]);
    }
  }
  for (std::size_t r = 0; r < Rows; ++r)
    for (std::size_t t = 0; t < Taps; ++t) sum[r][t].store_aligned(lane_sums + (r * Taps + t) * lanes);
}

/// The outputs of a cover as vectors, with zeros in the lanes that are none.
template <class T>
void any_gather(const Cover& cover, const T* from, T* to) {
  using Batch = xsimd::batch<T>;
  for (const PlaceVector& vector : cover.vectors) {
    Batch values(T(0));
    for (std::size_t i = vector.first_piece; i < vector.first_piece + vector.pieces; ++i)
      values = values + load_lanes(cover.pieces[i].lane, cover.pieces[i].count, from + cover.pieces[i].target);
    values.store_aligned(to);
    to += Batch::size;
  }
}

template <class T>
using DotTile = void (*)(const TapDots<T>&, std::size_t, const Cover&, std::size_t, std::size_t, T*);

template <class T, std::size_t Rows, std::size_t... K>
constexpr std::array<DotTile<T>, sizeof...(K)> dot_tiles_of(std::index_sequence<K...>) {
  return {dot_tile<T, Rows, K + 1>...};
}

template <class T, std::size_t... R>
constexpr std::array<std::array<DotTile<T>, max_dot_taps>, sizeof...(R)> all_dot_tiles(std::index_sequence<R...>) {
  return {dot_tiles_of<T, R + 1>(std::make_index_sequence<max_dot_taps>())...};
}

template <class T>
void any_tap_dots(const TapDots<T>& d, std::size_t count, const Cover& cover) {
  static constexpr auto tiles = all_dot_tiles<T>(std::make_index_sequence<max_dot_rows>());
  constexpr std::size_t lanes = xsimd::batch<T>::size;
  alignas(64) T lane_sums[max_dot_rows * max_dot_columns * lanes], halves[max_dot_rows * max_dot_columns * lanes / 2];
  const std::size_t taps = d.offsets.size();
  std::fill_n(lane_sums, count * taps * lanes, T(0));
  for (std::size_t begin = 0; begin < cover.vectors.size(); begin += dot_block) {
    const std::size_t end = std::min(cover.vectors.size(), begin + dot_block);
    for (std::size_t tap = 0; tap < taps; tap += max_dot_taps)
      tiles[count - 1][std::min(max_dot_taps, taps - tap) - 1](d, tap, cover, begin, end, lane_sums + tap * count * lanes);
  }
  const T* next = totals<lanes>(lane_sums, count * taps, halves);
  for (std::size_t tap = 0; tap < taps; tap += max_dot_taps)
    for (std::size_t r = 0; r < count; ++r)
      for (std::size_t t = tap; t < std::min(taps, tap + max_dot_taps); ++t) d.out[r * d.out_step + t] += *next++;
}

}  // namespace

template <class T>
TileSizes tile_sizes() {
  return {xsimd::batch<T>::size, max_rows, max_dot_rows, max_dot_columns};
}
template TileSizes tile_sizes<float>();
template TileSizes tile_sizes<double>();

Cover cover_places(const Places& p, std::size_t lanes) {
  Cover cover;
  cover.step = p.target_steps[3];
  const auto add_row = [&](std::size_t source, std::size_t target) {
    for (std::size_t w = 0; w < p.lengths[3];) {
      if (cover.vectors.empty() || source + w >= cover.vectors.back().source + lanes)
        cover.vectors.push_back({source + w, cover.pieces.size(), 0});
      PlaceVector& vector = cover.vectors.back();
      const std::size_t lane = source + w - vector.source, count = std::min(lanes - lane, p.lengths[3] - w);
      cover.pieces.push_back({lane, count, target + w * cover.step});
      ++vector.pieces;
      w += count;
    }
  };
  for (std::size_t n = 0; n < p.lengths[0]; ++n)
    for (std::size_t d = 0; d < p.lengths[1]; ++d)
      for (std::size_t h = 0; h < p.lengths[2]; ++h)
        add_row(p.source + n * p.source_steps[0] + d * p.source_steps[1] + h * p.source_steps[2],
                p.target + n * p.target_steps[0] + d * p.target_steps[1] + h * p.target_steps[2]);
  return cover;
}

void tap_sums(const TapSums<float>& sums, const Cover& cover, std::size_t begin, std::size_t end) { any_tap_sums(sums, cover, begin, end); }
void tap_sums(const TapSums<double>& sums, const Cover& cover, std::size_t begin, std::size_t end) {
  any_tap_sums(sums, cover, begin, end);
}
void gather(const Cover& cover, const float* from, float* to) { any_gather(cover, from, to); }
void gather(const Cover& cover, const double* from, double* to) { any_gather(cover, from, to); }
void tap_dots(const TapDots<float>& dots, std::size_t count, const Cover& cover) { any_tap_dots(dots, count, cover); }
void tap_dots(const TapDots<double>& dots, std::size_t count, const Cover& cover) { any_tap_dots(dots, count, cover); }

}  // namespace reel::kernels
