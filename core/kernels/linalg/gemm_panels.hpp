#pragma once
// The blocked matrix product behind gemm(): the scheme of Goto and van de Geijn, "Anatomy of high-performance matrix multiplication",
// ACM Transactions on Mathematical Software 34, 2008.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <utility>

#include <reel/core/kernels/detail/masked.hpp>
#include <reel/core/kernels/detail/transpose_block.hpp>
#include <reel/core/kernels/linalg/gemm.hpp>
#include <reel/core/memory.hpp>

namespace reel::kernels {

/// A tile of C that is kept in registers: `rows` rows of a few SIMD vectors each.
template <class T>
struct GemmTile {
  std::size_t k;
  const T* a;
  std::size_t a_row, a_step;  // from one row of the tile to the next, and from one term of the sum to the next
  const T* b;
  std::size_t b_step;
  T* c;
  std::size_t c_step;
  const T* start;  // the values that the sums begin with (a bias), or null for 0
  bool add;        // whether to add the product to C

  static constexpr std::size_t lanes = xsimd::batch<T>::size;
  static constexpr std::size_t registers = lanes * sizeof(T) == 64 ? 32 : 16;
  /// The most rows whose sums fit into the registers beside the vectors of A and B.
  static constexpr std::size_t most_rows(std::size_t packs) { return (registers - 4) / packs; }
};

/// Computes one tile. Each element is a sum over k in order, so its bits do not depend on the tile that it lies in.
template <class T, std::size_t Rows, std::size_t Packs>
void multiply_tile(const GemmTile<T>& tile) {
  using Batch = xsimd::batch<T>;
  constexpr std::size_t lanes = Batch::size;
  Batch sum[Rows][Packs];
  for (std::size_t p = 0; p < Packs; ++p) {
    const Batch start = tile.start ? Batch::load_unaligned(tile.start + p * lanes) : Batch(T(0));
    for (std::size_t r = 0; r < Rows; ++r) sum[r][p] = start;
  }
  for (std::size_t r = 0; r < Rows; ++r)
    for (std::size_t p = 0; p < Packs; ++p) __builtin_prefetch(tile.c + r * tile.c_step + p * lanes, 1);
  const T* a = tile.a;
  const T* b = tile.b;
  for (std::size_t i = 0; i < tile.k; ++i, a += tile.a_step, b += tile.b_step) {
    Batch right[Packs];
    for (std::size_t p = 0; p < Packs; ++p) right[p] = Batch::load_unaligned(b + p * lanes);
#pragma GCC unroll 14
    for (std::size_t r = 0; r < Rows; ++r) {
      const Batch left(a[r * tile.a_row]);
#pragma GCC unroll 4
      for (std::size_t p = 0; p < Packs; ++p) sum[r][p] = xsimd::fma(left, right[p], sum[r][p]);
    }
  }
  for (std::size_t r = 0; r < Rows; ++r)
    for (std::size_t p = 0; p < Packs; ++p) {
      T* const c = tile.c + r * tile.c_step + p * lanes;
      (tile.add ? sum[r][p] + Batch::load_unaligned(c) : sum[r][p]).store_unaligned(c);
    }
}

/// Calls multiply_tile() for this number of rows.
template <class T, std::size_t Packs>
void multiply_rows(std::size_t rows, const GemmTile<T>& tile) {
  static constexpr auto functions = []<std::size_t... R>(std::index_sequence<R...>) {
    return std::array{&multiply_tile<T, R + 1, Packs>...};
  }
  (std::make_index_sequence<GemmTile<T>::most_rows(Packs)>());
  functions[rows - 1](tile);
}

/// Memory for packed parts of A or B; small ones lie on the stack.
template <class T>
class GemmBuffer {
 public:
  explicit GemmBuffer(std::size_t elements)
      : bytes_(elements <= std::size(small_) ? 0 : elements * sizeof(T)),
        data_(bytes_ == 0 ? small_ : static_cast<T*>(memory::allocate(bytes_))) {}
  ~GemmBuffer() {
    if (bytes_ != 0) memory::deallocate(data_, bytes_);
  }
  GemmBuffer(const GemmBuffer&) = delete;
  GemmBuffer& operator=(const GemmBuffer&) = delete;
  T* data() { return data_; }

 private:
  alignas(64) T small_[2048];
  std::size_t bytes_;
  T* data_;
};

/// The part of a product that one thread computes, one panel of columns (`Packs` SIMD vectors) at a time.
template <class T, std::size_t Packs>
class GemmPart {
 public:
  static constexpr std::size_t lanes = GemmTile<T>::lanes, width = Packs * lanes, most_rows = GemmTile<T>::most_rows(Packs);

  /// The rows are divided evenly among the tiles. All steps must be set.
  explicit GemmPart(const Gemm<T>& g) : g_(g), row_tiles_(row_tiles(g)) {}
  static std::size_t row_tiles(const Gemm<T>& g) { return (g.m + most_rows - 1) / most_rows; }
  static std::size_t panels(const Gemm<T>& g) { return (g.n + width - 1) / width; }

  void run(std::size_t first_tile, std::size_t last_tile, std::size_t first_panel, std::size_t last_panel) {
    const std::size_t tiles = last_tile - first_tile;
    packs_b_ = g_.b_transposed || tiles > 4 || (tiles > 1 && g_.b_step >= 1024);
    keeps_b_ = packs_b_ && tiles > tiles_in_cache;  // for the next block of rows
    const std::size_t panels = std::min(last_panel - first_panel, panels_in_cache), depth = std::min(g_.k, depth_in_cache);
    // Rows that begin in the same set of the cache, or columns that are far apart, evict each other.
    packs_a_ = panels > 2 && (g_.a_transposed ? g_.a_step >= 256 : g_.k > 64 && g_.a_step * sizeof(T) % 2048 == 0);
    GemmBuffer<T> a(packs_a_ ? std::min(tiles, tiles_in_cache) * term * depth : 0), b((keeps_b_ ? panels : 1) * width * depth);
    a_ = a.data();
    b_ = b.data();
    for (std::size_t panel = first_panel; panel < last_panel; panel += panels_in_cache)
      for (std::size_t begin = 0, end = 0; begin < g_.k; begin = end) {
        const std::size_t left = g_.k - begin;
        end = left < 2 * depth_in_cache ? (left <= depth_in_cache ? g_.k : begin + (left + 1) / 2) : begin + depth_in_cache;
        begin_ = begin;
        depth_ = end - begin;
        for (std::size_t tile = first_tile; tile < last_tile; tile += tiles_in_cache)
          run_block(tile, std::min(last_tile, tile + tiles_in_cache), panel, std::min(last_panel, panel + panels_in_cache),
                    tile == first_tile);
      }
  }

 private:
  /// The distance between the terms of a packed tile of an A that is stored transposed: whole SIMD vectors, so that a copy has a fixed
  /// size.
  static constexpr std::size_t term = (most_rows + lanes - 1) / lanes * lanes;
  static constexpr std::size_t depth_in_cache = 256, tiles_in_cache = 12, panels_in_cache = 1024 / width + 1;

  std::size_t row(std::size_t tile) const { return g_.m * tile / row_tiles_; }
  std::size_t rows(std::size_t tile) const { return row(tile + 1) - row(tile); }

  void run_block(std::size_t first_tile, std::size_t last_tile, std::size_t first_panel, std::size_t last_panel, bool pack) {
    if (packs_a_) pack_left(first_tile, last_tile);
    for (std::size_t panel = first_panel; panel < last_panel; ++panel) {
      const std::size_t column = panel * width, columns = std::min(width, g_.n - column);
      GemmTile<T> tile{};
      tile.k = depth_;
      tile.b = g_.b + begin_ * g_.b_step + column;
      tile.b_step = g_.b_step;
      if (packs_b_ || columns < width) {
        T* const packed = b_ + (keeps_b_ ? (panel - first_panel) * width * depth_ : 0);
        if (pack || !keeps_b_) pack_right(column, columns, packed);
        tile.b = packed;
        tile.b_step = width;
      }
      run_panel(tile, first_tile, last_tile, column, columns);
    }
  }

  void run_panel(GemmTile<T>& tile, std::size_t first, std::size_t last, std::size_t column, std::size_t columns) {
    alignas(64) T bias[width], buffer[most_rows * width];
    if (g_.bias && begin_ == 0) {
      if (columns < width) copy_row(columns, g_.bias + column, bias);
      tile.start = columns < width ? bias : g_.bias + column;
    }
    tile.add = g_.accumulate || begin_ > 0;
    const T* packed = a_;
    for (std::size_t t = first; t < last; ++t) {
      const std::size_t rows = this->rows(t);
      place_left(tile, t, packed);
      packed += term * depth_;
      T* const c = g_.c + row(t) * g_.c_step + column;
      tile.c = columns < width ? buffer : c;
      tile.c_step = columns < width ? width : g_.c_step;
      if (columns < width && tile.add)
        for (std::size_t r = 0; r < rows; ++r) copy_row(columns, c + r * g_.c_step, buffer + r * width);
      multiply(rows, (columns + lanes - 1) / lanes, tile);
      if (columns < width)
        for (std::size_t r = 0; r < rows; ++r) store_row(columns, buffer + r * width, c + r * g_.c_step);
    }
  }

  static void multiply(std::size_t rows, std::size_t packs, const GemmTile<T>& tile) {
    if (packs == Packs) return multiply_rows<T, Packs>(rows, tile);
    if constexpr (Packs > 1) GemmPart<T, Packs - 1>::multiply(rows, packs, tile);
  }
  template <class, std::size_t>
  friend class GemmPart;

  void place_left(GemmTile<T>& tile, std::size_t t, const T* packed) const {
    if (packs_a_) {
      tile.a = packed;
      tile.a_row = g_.a_transposed ? 1 : depth_;
      tile.a_step = g_.a_transposed ? term : 1;
    } else {
      tile.a = g_.a + (g_.a_transposed ? begin_ * g_.a_step + row(t) : row(t) * g_.a_step + begin_);
      tile.a_row = g_.a_transposed ? 1 : g_.a_step;
      tile.a_step = g_.a_transposed ? g_.a_step : 1;
    }
  }

  /// Packs the tiles of a block of A one after the other: row by row, or term by term if A is stored transposed.
  void pack_left(std::size_t first, std::size_t last) {
    if (g_.a_transposed) return pack_terms(first, last);
    for (std::size_t t = first; t < last; ++t) {
      T* const to = a_ + (t - first) * term * depth_;
      for (std::size_t i = 0; i < rows(t); ++i) std::copy_n(g_.a + (row(t) + i) * g_.a_step + begin_, depth_, to + i * depth_);
    }
  }
  void pack_terms(std::size_t first, std::size_t last) {
    for (std::size_t i = 0; i < depth_; ++i) {
      const T* const from = g_.a + (begin_ + i) * g_.a_step;
      for (std::size_t t = first; t < last; ++t) {
        T* const to = a_ + (t - first) * term * depth_ + i * term;
        if (row(t) + term <= g_.m) {
          std::memcpy(to, from + row(t), term * sizeof(T));  // some of it belongs to the next tile, and is not used
        } else {
          std::copy_n(from + row(t), rows(t), to);
        }
      }
    }
  }

  /// Copies fewer than `width` elements and pads them with zeros to whole SIMD vectors.
  static void copy_row(std::size_t columns, const T* from, T* to) {
    for (std::size_t j = 0; j < columns; j += lanes) load_lanes<T>(0, std::min(lanes, columns - j), from + j).store_unaligned(to + j);
  }
  static void store_row(std::size_t columns, const T* from, T* to) {
    for (std::size_t j = 0; j < columns; j += lanes)
      store_lanes(xsimd::batch<T>::load_unaligned(from + j), 0, std::min(lanes, columns - j), to + j);
  }

  /// Packs a panel of B, `width` elements per row, padded with zeros to whole SIMD vectors.
  void pack_right(std::size_t column, std::size_t columns, T* to) const {
    const std::size_t step = g_.b_step;
    std::size_t done = 0;
    if (!g_.b_transposed) {
      const T* const from = g_.b + begin_ * step + column;
      if (columns == width)
        for (; done < depth_; ++done) std::memcpy(to + done * width, from + done * step, width * sizeof(T));
      for (; done < depth_; ++done) copy_row(columns, from + done * step, to + done * width);
      return;
    }
    const T* const from = g_.b + column * step + begin_;
    if (columns == width)
      for (; done + lanes <= depth_; done += lanes)
        for (std::size_t j = 0; j < width; j += lanes) transpose_block(from + j * step + done, step, to + done * width + j, width);
    for (; done < depth_; ++done) {
      for (std::size_t j = 0; j < columns; ++j) to[done * width + j] = from[j * step + done];
      zero_run((columns + lanes - 1) / lanes * lanes - columns, to + done * width + columns);
    }
  }

  const Gemm<T>& g_;
  std::size_t row_tiles_, begin_ = 0, depth_ = 0;
  bool packs_a_ = false, packs_b_ = false, keeps_b_ = false;
  T* a_ = nullptr;
  T* b_ = nullptr;
};

}  // namespace reel::kernels
