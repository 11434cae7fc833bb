#include <reel/core/kernels/detail/strided_copy.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

#include <reel/core/kernels/detail/by_width.hpp>
#include <reel/core/parallel.hpp>

namespace reel::kernels {

namespace {

constexpr std::size_t grain = std::size_t{1} << 15;  // elements below which a second thread is not worth its cost

/// Calls run(position, n, stride) for each innermost run, in row-major order of the walk.
template <class F>
void for_each_run(const Walk& walk, const F& run) {
  if (walk.rank == 0) {
    run(walk.first, std::size_t{1}, std::ptrdiff_t{1});
    return;
  }
  for (std::size_t i = 0; i < walk.rank; ++i)
    if (walk.lengths[i] == 0) return;
  const std::size_t inner = walk.rank - 1;
  std::size_t index[max_rank] = {};
  std::ptrdiff_t position = walk.first;
  while (true) {
    run(position, walk.lengths[inner], walk.strides[inner]);
    std::size_t axis = inner;
    while (axis > 0) {
      --axis;
      position += walk.strides[axis];
      if (++index[axis] < walk.lengths[axis]) break;
      position -= static_cast<std::ptrdiff_t>(index[axis]) * walk.strides[axis];
      index[axis] = 0;
      if (axis == 0) return;
    }
    if (inner == 0) return;
  }
}

/// A cache line of words.
template <class Word>
struct Line {
  static constexpr std::size_t length = 64 / sizeof(Word);
  typedef Word Vector __attribute__((vector_size(64)));
};

/// a[from], b[from], a[from + 1], b[from + 1], ... By reference: how such vectors are passed depends on the instruction set.
template <class Word, std::size_t From, std::size_t... I>
void interleave(const typename Line<Word>::Vector& a, const typename Line<Word>::Vector& b, typename Line<Word>::Vector& to,
                std::index_sequence<I...>) {
  to = __builtin_shufflevector(a, b, (From + I / 2 + I % 2 * sizeof...(I))...);
}

/// y[c][r] = x[r][c] for a square whose rows are cache lines. Each round interleaves row i with row i + n/2, which rotates the
/// bits of (row, column) by one; after log2(n) rounds they have changed places.
template <class Word>
void transpose_square(const Word* x, std::ptrdiff_t x_stride, Word* y, std::ptrdiff_t y_stride) {
  constexpr std::size_t n = Line<Word>::length;
  constexpr std::make_index_sequence<n> lanes;
  typename Line<Word>::Vector rows[n], other[n];
  for (std::size_t i = 0; i < n; ++i) std::memcpy(&rows[i], x + static_cast<std::ptrdiff_t>(i) * x_stride, 64);
  for (std::size_t width = n; width > 1; width /= 2) {
    for (std::size_t i = 0; i < n / 2; ++i) {
      interleave<Word, 0>(rows[i], rows[i + n / 2], other[2 * i], lanes);
      interleave<Word, n / 2>(rows[i], rows[i + n / 2], other[2 * i + 1], lanes);
    }
    std::memcpy(rows, other, sizeof rows);
  }
  for (std::size_t i = 0; i < n; ++i) std::memcpy(y + static_cast<std::ptrdiff_t>(i) * y_stride, &rows[i], 64);
}

/// y[c][r] = x[r][c] for at most a square.
template <class Word>
void transpose_rest(const Word* x, std::size_t rows, std::size_t columns, std::ptrdiff_t x_stride, Word* y, std::ptrdiff_t y_stride) {
  for (std::size_t c = 0; c < columns; ++c, ++x, y += y_stride)
    for (std::size_t r = 0; r < rows; ++r) y[r] = x[static_cast<std::ptrdiff_t>(r) * x_stride];
}

/// y[c][r] = x[r][c] for any rows and columns, in squares that are cache lines both ways. A band of columns at a time, so that the
/// pages of y that are written to stay few.
template <class Word>
void transpose_matrix(const Word* x, std::size_t rows, std::size_t columns, std::ptrdiff_t x_stride, Word* y, std::ptrdiff_t y_stride) {
  constexpr std::size_t square = sizeof(Word) == 1 ? 16 : Line<Word>::length, band = 128;
  for (std::size_t c1 = 0; c1 < columns; c1 += band) {
    for (std::size_t r0 = 0; r0 < rows; r0 += square) {
      for (std::size_t c0 = c1; c0 < std::min(columns, c1 + band); c0 += square) {
        const Word* const from = x + static_cast<std::ptrdiff_t>(r0) * x_stride + c0;
        Word* const to = y + static_cast<std::ptrdiff_t>(c0) * y_stride + r0;
        const std::size_t height = std::min(square, rows - r0), width = std::min(square, columns - c0);
        if constexpr (sizeof(Word) > 1) {
          if (height == square && width == square) {
            transpose_square(from, x_stride, to, y_stride);
            continue;
          }
        }
        transpose_rest(from, height, width, x_stride, to, y_stride);
      }
    }
  }
}

template <class Word>
void read_runs(const Word* x, const Walk& walk, Word* y) {
  for_each_run(walk, [&](std::ptrdiff_t position, std::size_t n, std::ptrdiff_t stride) {
    const Word* const run = x + position;
    if (stride == 1) {
      std::copy_n(run, n, y);
    } else if (stride == 0) {
      std::fill_n(y, n, *run);
    } else {
      for (std::size_t i = 0; i < n; ++i) y[i] = run[static_cast<std::ptrdiff_t>(i) * stride];
    }
    y += n;
  });
}

/// A walk whose innermost axis jumps while axis `along` does not: matrices (innermost, along) that are transposed, one for each
/// place on the other axes.
template <class Word>
void read_transposed(const Word* x, const Walk& walk, std::size_t along, Word* y) {
  const std::size_t inner = walk.rank - 1;
  Walk from, to;  // over the other axes, in x and in y; not merged
  from.first = walk.first;
  std::ptrdiff_t y_strides[max_rank], step = 1;
  for (std::size_t axis = walk.rank; axis-- > 0; step *= static_cast<std::ptrdiff_t>(walk.lengths[axis])) y_strides[axis] = step;
  std::size_t matrices = 1;
  for (std::size_t axis = 0; axis < inner; ++axis) {
    if (axis == along) continue;
    from.lengths[from.rank] = walk.lengths[axis];
    to.strides[from.rank] = y_strides[axis];
    from.strides[from.rank++] = walk.strides[axis];
    matrices *= walk.lengths[axis];
  }
  std::size_t index[max_rank] = {};
  std::ptrdiff_t read = from.first, write = 0;
  for (std::size_t m = 0; m < matrices; ++m) {
    transpose_matrix(x + read, walk.lengths[inner], walk.lengths[along], walk.strides[inner], y + write, y_strides[along]);
    for (std::size_t axis = from.rank; axis-- > 0;) {
      read += from.strides[axis];
      write += to.strides[axis];
      if (++index[axis] < from.lengths[axis]) break;
      read -= static_cast<std::ptrdiff_t>(index[axis]) * from.strides[axis];
      write -= static_cast<std::ptrdiff_t>(index[axis]) * to.strides[axis];
      index[axis] = 0;
    }
  }
}

template <class Word>
void read(const Word* x, const Walk& walk, Word* y) {
  const std::size_t inner = walk.rank - 1;
  if (walk.rank > 1 && walk.strides[inner] != 1 && walk.strides[inner] != 0)
    for (std::size_t axis = 0; axis < inner; ++axis)
      if (walk.strides[axis] == 1) return read_transposed(x, walk, axis, y);
  read_runs(x, walk, y);
}

}  // namespace

void Walk::axis(std::size_t length, std::ptrdiff_t stride) {
  if (length == 1) return;
  if (rank > 0 && strides[rank - 1] == stride * static_cast<std::ptrdiff_t>(length)) {
    lengths[rank - 1] *= length;
    strides[rank - 1] = stride;
    return;
  }
  lengths[rank] = length;
  strides[rank++] = stride;
}

Walk Walk::part(std::size_t begin, std::size_t end) const {
  Walk result = *this;
  result.first += static_cast<std::ptrdiff_t>(begin) * strides[0];
  result.lengths[0] = end - begin;
  return result;
}

Array read_walk(const Array& x, const Walk& walk, const Shape& shape) {
  Array y(shape, x.dtype());
  if (y.size() == 0) return y;
  with_word(x.dtype(), [&](auto word) {
    using Word = decltype(word);
    const auto* const from = static_cast<const Word*>(x.raw());
    auto* const to = static_cast<Word*>(y.mutable_raw());
    if (walk.rank == 0) {
      *to = from[walk.first];
      return;
    }
    const std::size_t rest = y.size() / walk.lengths[0];
    const std::size_t step = (std::max<std::size_t>(1, grain / rest) + 15) / 16 * 16;  // whole squares for transpose_matrix
    parallel_for(walk.lengths[0], y.size() <= grain ? walk.lengths[0] : step,
                 [&](std::size_t begin, std::size_t end) { read(from, walk.part(begin, end), to + begin * rest); });
  });
  return y;
}

void write_walk(const Array& x, const Walk& walk, Array& y) {
  if (x.size() == 0) return;
  with_word(x.dtype(), [&](auto word) {
    using Word = decltype(word);
    const auto* from = static_cast<const Word*>(x.raw());
    auto* const to = static_cast<Word*>(y.mutable_raw());
    for_each_run(walk, [&](std::ptrdiff_t position, std::size_t n, std::ptrdiff_t stride) {
      if (stride == 1) {
        std::copy_n(from, n, to + position);
      } else {
        for (std::size_t i = 0; i < n; ++i) to[position + static_cast<std::ptrdiff_t>(i) * stride] = from[i];
      }
      from += n;
    });
  });
}

}  // namespace reel::kernels
