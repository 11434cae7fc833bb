#pragma once
// Reductions that are fast and have small rounding errors: blocks with partial results side by side, which the compiler vectorises, are
// joined pairwise. The error of n terms grows as log n, and the bits do not depend on the number of threads.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <reel/core/array.hpp>
#include <reel/core/parallel.hpp>

namespace reel::kernels {

inline constexpr std::size_t partial_sums = 32;  // partial results side by side
inline constexpr std::size_t block = 512;        // terms that are joined in one go; blocks are joined pairwise
inline constexpr std::size_t grain = std::size_t{1} << 15;

struct Sum {
  template <class T>
  static constexpr T start = T(0);
  template <class T>
  static T join(T a, T b) {
    return a + b;
  }
};

struct Product {
  template <class T>
  static constexpr T start = T(1);
  template <class T>
  static T join(T a, T b) {
    return a * b;
  }
  static std::int64_t join(std::int64_t a, std::int64_t b) {  // wraps around; on signed numbers that would be undefined
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
  }
};

/// NaN is the largest of all.
struct Max {
  template <class T>
  static constexpr T start = std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::lowest();
  template <class T>
  static bool prefers(T a, T b) {  // b to a
    return b > a || b != b;
  }
  template <class T>
  static T join(T a, T b) {
    return prefers(a, b) ? b : a;
  }
};

/// NaN is the smallest of all.
struct Min {
  template <class T>
  static constexpr T start = std::numeric_limits<T>::has_infinity ? std::numeric_limits<T>::infinity() : std::numeric_limits<T>::max();
  template <class T>
  static bool prefers(T a, T b) {  // b to a
    return b < a || b != b;
  }
  template <class T>
  static T join(T a, T b) {
    return prefers(a, b) ? b : a;
  }
};

/// The reductions of all() and any().
struct And {
  template <class T>
  static constexpr T start = T(true);
  static bool join(bool a, bool b) { return a & b; }
};
struct Or {
  template <class T>
  static constexpr T start = T(false);
  static bool join(bool a, bool b) { return a | b; }
};

/// Converts an element to T.
template <class T>
struct As {
  template <class In>
  T operator()(In value) const {
    return static_cast<T>(value);
  }
};

struct Same {
  template <class T>
  T operator()(T value) const {
    return value;
  }
};

/// The length of the first half of a long run of n elements: a whole number of blocks.
inline std::size_t half_of(std::size_t n) { return (n / 2 + block - 1) / block * block; }

/// Returns term(x[i]) of n contiguous elements, joined by Op.
template <class Op, class In, class F = Same, class T = std::invoke_result_t<const F&, In>>
T reduce_run(const In* x, std::size_t n, const F& term = {}) {
  if (n > block) {
    const std::size_t half = half_of(n);
    return Op::join(reduce_run<Op>(x, half, term), reduce_run<Op>(x + half, n - half, term));
  }
  T result = Op::template start<T>;
  std::size_t i = 0;
  if (n >= partial_sums) {
    T partial[partial_sums];
    for (std::size_t lane = 0; lane < partial_sums; ++lane) partial[lane] = term(x[lane]);
    for (i = partial_sums; i + partial_sums <= n; i += partial_sums)
      for (std::size_t lane = 0; lane < partial_sums; ++lane) partial[lane] = Op::join(partial[lane], term(x[i + lane]));
    for (std::size_t width = partial_sums / 2; width > 0; width /= 2)
      for (std::size_t lane = 0; lane < width; ++lane) partial[lane] = Op::join(partial[lane], partial[lane + width]);
    result = Op::join(result, partial[0]);
  }
  for (; i < n; ++i) result = Op::join(result, term(x[i]));
  return result;
}

/// Joins the rows [first, first + rows), which row(i) points to and which have at most `block` columns, to one row y; blocks of rows are
/// joined pairwise, as in reduce_run().
template <class Op, class T, class Row>
void reduce_rows(const Row& row, std::size_t first, std::size_t rows, std::size_t width, T* y) {
  constexpr std::size_t rows_a_block = 64;
  if (rows > rows_a_block) {
    const std::size_t half = (rows / 2 + rows_a_block - 1) / rows_a_block * rows_a_block;
    reduce_rows<Op>(row, first, half, width, y);
    T other[block];
    reduce_rows<Op>(row, first + half, rows - half, width, other);
    for (std::size_t i = 0; i < width; ++i) y[i] = Op::join(y[i], other[i]);
    return;
  }
  std::copy_n(row(first), width, y);
  for (std::size_t r = 1; r < rows; ++r) {
    const auto* const x = row(first + r);
    for (std::size_t i = 0; i < width; ++i) y[i] = Op::join(y[i], static_cast<T>(x[i]));
  }
}

/// An array viewed as (outer, n, inner), whose middle axis is reduced, scanned or sorted.
struct Middle {
  std::size_t outer = 1, n = 1, inner = 1;

  /// The axes from `low` to `high` become the middle axis.
  Middle(const Shape& shape, std::size_t low, std::size_t high) {
    for (std::size_t i = 0; i < shape.rank(); ++i) (i < low ? outer : i <= high ? n : inner) *= shape[i];
  }
  Middle(const Shape& shape, std::size_t axis) : Middle(shape, axis, axis) {}

  /// Calls run(o) for each of `outer` runs of n elements; inner must be 1.
  template <class F>
  void for_each_run(const F& run) const {
    parallel_for(outer, std::max<std::size_t>(1, grain / std::max<std::size_t>(1, n)), [&](std::size_t begin, std::size_t end) {
      for (std::size_t o = begin; o < end; ++o) run(o);
    });
  }
  /// Calls strip(o, from, width) for pieces of at most `block` columns of the (n, inner) matrices.
  template <class F>
  void for_each_strip(const F& strip) const {
    const std::size_t strips = (inner + block - 1) / block, work = std::max<std::size_t>(1, n) * std::min(inner, block);
    parallel_for(outer * strips, std::max<std::size_t>(1, grain / std::max<std::size_t>(1, work)), [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const std::size_t from = i % strips * block;
        strip(i / strips, from, std::min(block, inner - from));
      }
    });
  }
};

/// Returns x with the (normalized) axes moved behind all others; x itself if they are there already.
Array with_axes_last(const Array& x, const Ints& axes);
/// The inverse of with_axes_last(), for a y of the shape of its result; `shape` is that of its argument.
Array with_axes_back(const Array& y, const Shape& shape, const Ints& axes);
/// The last `count` of `rank` axes.
Ints last_axes(std::size_t rank, std::size_t count);
/// The result of with_axes_last() for an array of `shape`, viewed as runs of the reduced axes.
Middle rows_of(const Shape& shape, const Ints& axes);

/// Throws ShapeError naming an empty axis.
void require_elements(const char* op, const Array& x, const Ints& axes);

}  // namespace reel::kernels
