#include <reel/core/kernels/sort.hpp>

#include <algorithm>
#include <bit>
#include <memory>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/kernels/detail/pairwise_reduction.hpp>

namespace reel::kernels {

namespace {

/// Maps elements to whole numbers of the same order: -0 is 0, NaN is the largest.
std::uint32_t key_of(float v) {
  if (v != v) return ~std::uint32_t{0};
  const auto bits = std::bit_cast<std::uint32_t>(v + 0.0F);
  return bits >> 31 ? ~bits : bits | std::uint32_t{1} << 31;
}
std::uint64_t key_of(double v) {
  if (v != v) return ~std::uint64_t{0};
  const auto bits = std::bit_cast<std::uint64_t>(v + 0.0);
  return bits >> 63 ? ~bits : bits | std::uint64_t{1} << 63;
}
std::uint64_t key_of(std::int64_t v) { return static_cast<std::uint64_t>(v) ^ std::uint64_t{1} << 63; }
std::uint32_t key_of(bool v) { return v; }

/// An element to be sorted: its key, then its position, which makes every order stable.
template <class Key>
struct Item {
  Key key;
  std::uint32_t position;
  friend bool operator<(const Item& a, const Item& b) { return a.key != b.key ? a.key < b.key : a.position < b.position; }
};

/// Sorts by the keys' bytes, the lowest first (Knuth, The Art of Computer Programming 3, 5.2.5); `spare` has as many places.
/// Bytes that are the same everywhere are skipped.
template <class Key>
void radix_sort(Item<Key>* items, Item<Key>* spare, std::size_t n) {
  constexpr std::size_t bytes = sizeof(Key);
  auto counts = std::make_unique<std::size_t[]>(bytes * 256);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t b = 0; b < bytes; ++b) ++counts[b * 256 + (items[i].key >> (8 * b) & 255)];
  Item<Key>* from = items;
  Item<Key>* to = spare;
  for (std::size_t b = 0; b < bytes; ++b) {
    std::size_t* const count = &counts[b * 256];
    if (count[items[0].key >> (8 * b) & 255] == n) continue;
    std::size_t begin = 0;
    for (std::size_t digit = 0; digit < 256; ++digit) begin += std::exchange(count[digit], begin);
    for (std::size_t i = 0; i < n; ++i) to[count[from[i].key >> (8 * b) & 255]++] = from[i];
    std::swap(from, to);
  }
  if (from != items) std::copy_n(from, n, items);
}

constexpr std::size_t few = 512;  // items that comparisons sort faster

template <class Key>
void sort_items(Item<Key>* items, std::size_t n, std::size_t first) {
  if (first < n) {
    std::partial_sort(items, items + first, items + n);
  } else if (n <= few) {
    std::sort(items, items + n);
  } else {
    const std::unique_ptr<Item<Key>[]> spare(new Item<Key>[n]);
    radix_sort(items, spare.get(), n);
  }
}

/// Calls put(position in the input, position in the output, place on the axis) for the `first` smallest (or largest) elements of each run
/// of (rows, n), in order.
template <class T, class F>
void for_each_sorted(const T* x, const Middle& m, std::size_t first, bool descending, const F& put) {
  using Key = decltype(key_of(T{}));
  m.for_each_run([&](std::size_t o) {
    const T* const run = x + o * m.n;
    const std::unique_ptr<Item<Key>[]> items(new Item<Key>[m.n]);
    for (std::size_t i = 0; i < m.n; ++i) {
      const Key key = key_of(run[i]);
      items[i] = {descending ? static_cast<Key>(~key) : key, static_cast<std::uint32_t>(i)};
    }
    sort_items(items.get(), m.n, first);
    for (std::size_t i = 0; i < first; ++i) put(o * m.n + items[i].position, o * first + i, items[i].position);
  });
}

Shape with_last(Shape shape, std::size_t length) {
  shape[shape.rank() - 1] = length;
  return shape;
}

/// sort() or its positions along the last axis.
Array sort_runs(const Array& runs, std::size_t first, bool descending, bool positions) {
  const Middle m(runs.shape(), runs.rank() - 1);
  Array y(with_last(runs.shape(), first), positions ? int64 : runs.dtype());
  if (y.size() == 0) return y;
  visit(runs.dtype(), [&](auto t) {
    using T = decltype(t);
    const T* const from = runs.data<T>();
    if (positions) {
      auto* const to = y.mutable_data<std::int64_t>();
      for_each_sorted(from, m, first, descending, [=](std::size_t, std::size_t at, std::uint32_t place) { to[at] = place; });
    } else {
      T* const to = y.mutable_data<T>();
      for_each_sorted(from, m, first, descending, [=](std::size_t source, std::size_t at, std::uint32_t) { to[at] = from[source]; });
    }
  });
  return y;
}

/// Returns the `first` elements of each run, or all if no number is given.
Array sort_along(const char* op, const Array& x, Integer along, const Integer* first, bool descending, bool positions) {
  const std::size_t axis = normalize_axis(op, along.value, x.rank());
  const Ints axes(axis);
  Shape shape = x.shape();
  if (shape[axis] > std::numeric_limits<std::uint32_t>::max())
    throw ShapeError(fmt::format("{}: axis {} of shape {} is too long to be sorted: at most 2³² - 1 elements are", op, axis, shape));
  const std::size_t k = first ? require_count(op, "k", *first) : shape[axis];
  if (k > shape[axis]) throw ShapeError(fmt::format("{}: k is {}, and axis {} of shape {} has only {}", op, k, axis, shape, shape[axis]));
  shape[axis] = k;
  return with_axes_back(sort_runs(with_axes_last(x, axes), k, descending, positions), shape, axes);
}

}  // namespace

Array sort(const Array& x, Integer axis, bool descending) { return sort_along("sort", x, axis, nullptr, descending, false); }

Array argsort(const Array& x, Integer axis, bool descending) { return sort_along("argsort", x, axis, nullptr, descending, true); }

Array topk_positions(const Array& x, Integer k, Integer axis, bool largest) { return sort_along("topk", x, axis, &k, largest, true); }

}  // namespace reel::kernels
