#include <reel/core/kernels/index.hpp>

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/kernels/detail/add_in_double.hpp>
#include <reel/core/kernels/detail/by_width.hpp>
#include <reel/core/kernels/detail/pairwise_reduction.hpp>
#include <reel/core/kernels/detail/require.hpp>
#include <reel/core/kernels/manipulation.hpp>

namespace reel::kernels {

namespace {

void require_int64(const char* op, const Array& indices) {
  if (indices.dtype() != int64)
    throw DtypeError(fmt::format("{}: indices are {}; they need int64 (astype converts)", op, name_of(indices.dtype())));
}

[[noreturn]] void throw_index(const char* op, const Array& indices, std::size_t position, std::size_t axis, const Shape& shape) {
  Shape place = indices.shape();
  std::size_t rest = position;
  for (std::size_t i = place.rank(); i-- > 0; rest /= indices.shape()[i]) place[i] = rest % indices.shape()[i];
  throw ShapeError(fmt::format("{}: index {} at position {} is out of range for axis {} of shape {}", op,
                               indices.data<std::int64_t>()[position], place, axis, shape));
}

/// The indices counted from the front.
std::vector<std::size_t> places_of(const char* op, const Array& indices, std::size_t axis, const Shape& shape) {
  require_int64(op, indices);
  const auto n = static_cast<std::int64_t>(shape[axis]);
  const std::int64_t* const given = indices.data<std::int64_t>();
  std::vector<std::size_t> places(indices.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (given[i] < -n || given[i] >= n) throw_index(op, indices, i, axis, shape);
    places[i] = static_cast<std::size_t>(given[i] < 0 ? given[i] + n : given[i]);
  }
  return places;
}

/// f(t) with a value of a type that is added; bool is not.
template <class F>
void with_number(const char* op, Dtype dtype, const F& f) {
  switch (dtype) {
    case float32: return f(float{});
    case float64: return f(double{});
    case int64: return f(std::int64_t{});
    default: throw DtypeError(fmt::format("{}: bool cannot be added up (astype converts)", op));
  }
}

std::size_t rows_a_piece(std::size_t width) { return std::max<std::size_t>(1, grain / std::max<std::size_t>(1, width)); }

/// All of (places, inner) added to y's `rows`. Threads share y's rows, and each goes through all places.
template <class T>
void add_rows(const T* x, std::span<const std::size_t> places, std::size_t rows, std::size_t inner, T* y) {
  const std::size_t work = std::max<std::size_t>(1, places.size() * inner / std::max<std::size_t>(1, rows));
  Crowded<T> crowded(places, rows, inner);
  parallel_for(rows, rows_a_piece(work), [&](std::size_t begin, std::size_t end) {
    if (inner == 1 && begin == 0 && end == rows && !crowded.any()) {
      for (std::size_t i = 0; i < places.size(); ++i) y[places[i]] += x[i];
      return;
    }
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (places[i] < begin || places[i] >= end) continue;
      const T* const from = x + i * inner;
      if (double* const sums = crowded.any() ? crowded.at(places[i]) : nullptr) {
        for (std::size_t k = 0; k < inner; ++k) sums[k] += static_cast<double>(from[k]);
      } else {
        T* const to = y + places[i] * inner;
        for (std::size_t k = 0; k < inner; ++k) to[k] += from[k];
      }
    }
    crowded.add_to(y, begin, end, 0, inner);
  });
}

/// f(o, i, k) for all places i of a (outer, count, inner) array, in order; o and k are its outer and inner parts. Threads share the outer
/// ones.
template <class F>
void for_each_place(const Middle& m, std::size_t count, const F& f) {
  parallel_for(m.outer, rows_a_piece(count * m.inner), [&](std::size_t begin, std::size_t end) {
    std::size_t i = begin * count * m.inner;
    for (std::size_t o = begin; o < end; ++o) {
      if (m.inner == 1) {
        for (std::size_t row = 0; row < count; ++row, ++i) f(o, i, std::size_t{0});
      } else {
        for (std::size_t row = 0; row < count; ++row)
          for (std::size_t k = 0; k < m.inner; ++k, ++i) f(o, i, k);
      }
    }
  });
}

/// A shape with an axis replaced by those of the indices.
Shape taken_shape(const Shape& x, const Shape& indices, std::size_t axis) {
  Shape shape;
  for (std::size_t i = 0; i < x.rank(); ++i) {
    if (i != axis) {
      shape.push_back(x[i]);
    } else {
      for (const std::size_t length : indices) shape.push_back(length);
    }
  }
  return shape;
}

}  // namespace

Array take(const char* op, const Array& x, const Array& indices, Integer along) {
  const std::size_t axis = normalize_axis(op, along.value, x.rank());
  const std::vector<std::size_t> places = places_of(op, indices, axis, x.shape());
  Array y(taken_shape(x.shape(), indices.shape(), axis), x.dtype());
  if (y.size() == 0) return y;
  const Middle m(x.shape(), axis);
  with_word(x.dtype(), [&](auto word) {
    using Word = decltype(word);
    const auto* const from = static_cast<const Word*>(x.raw());
    auto* const to = static_cast<Word*>(y.mutable_raw());
    parallel_for(m.outer * places.size(), rows_a_piece(m.inner), [&](std::size_t begin, std::size_t end) {
      std::size_t o = begin / places.size(), k = begin % places.size();
      for (std::size_t row = begin; row < end; ++row) {
        const Word* const part = from + (o * m.n + places[k]) * m.inner;
        if (m.inner == 1) {
          to[row] = *part;
        } else {
          std::copy_n(part, m.inner, to + row * m.inner);
        }
        if (++k == places.size()) {
          k = 0;
          ++o;
        }
      }
    });
  });
  return y;
}

Array add_at(const char* op, const Array& x, const Shape& shape, const Array& indices, Integer along) {
  const std::size_t axis = normalize_axis(op, along.value, shape.rank());
  const std::vector<std::size_t> places = places_of(op, indices, axis, shape);
  require_shape(op, "the array to be added", x, taken_shape(shape, indices.shape(), axis));
  Array y = Array::zeros(shape, x.dtype());
  const Middle m(shape, axis);
  if (x.size() == 0) return y;
  with_number(op, x.dtype(), [&](auto t) {
    using T = decltype(t);
    const T* const from = x.data<T>();
    T* const to = y.mutable_data<T>();
    parallel_for(m.outer, rows_a_piece(places.size() * m.inner), [&](std::size_t begin, std::size_t end) {
      for (std::size_t o = begin; o < end; ++o)
        add_rows<T>(from + o * places.size() * m.inner, places, m.n, m.inner, to + o * m.n * m.inner);
    });
  });
  return y;
}

Array gather(const char* op, const Array& x, const Array& indices, Integer along) {
  const std::size_t axis = normalize_axis(op, along.value, x.rank());
  require_same_elsewhere(op, "the array of indices", indices.shape(), x.shape(), axis);
  const std::vector<std::size_t> places = places_of(op, indices, axis, x.shape());
  Array y(indices.shape(), x.dtype());
  if (y.size() == 0) return y;
  const Middle m(x.shape(), axis);
  const std::size_t count = indices.shape()[axis];
  with_word(x.dtype(), [&](auto word) {
    using Word = decltype(word);
    const auto* const from = static_cast<const Word*>(x.raw());
    auto* const to = static_cast<Word*>(y.mutable_raw());
    for_each_place(m, count,
                   [=, &places](std::size_t o, std::size_t i, std::size_t k) { to[i] = from[(o * m.n + places[i]) * m.inner + k]; });
  });
  return y;
}

Array scatter_add(const char* op, const Array& x, const Array& indices, const Array& source, Integer along) {
  const std::size_t axis = normalize_axis(op, along.value, x.rank());
  require_same_elsewhere(op, "the array of indices", indices.shape(), x.shape(), axis);
  require_like(op, "the source", source, indices.shape(), x.dtype());
  std::vector<std::size_t> places = places_of(op, indices, axis, x.shape());
  Array y = x;
  if (source.size() == 0) return y;
  const Middle m(x.shape(), axis);
  const std::size_t count = indices.shape()[axis];
  with_number(op, x.dtype(), [&](auto t) {
    using T = decltype(t);
    const T* const from = source.data<T>();
    T* const to = y.mutable_data<T>();
    const auto add = [=, &places](std::size_t o, std::size_t i, std::size_t k) { to[(o * m.n + places[i]) * m.inner + k] += from[i]; };
    if (count <= most_terms) return for_each_place(m, count, add);
    const std::size_t terms = count * m.inner, each = m.n * m.inner;
    if (m.inner > 1) for_each_place(m, count, [&](std::size_t, std::size_t i, std::size_t k) { places[i] = places[i] * m.inner + k; });
    parallel_for(m.outer, rows_a_piece(terms), [&](std::size_t begin, std::size_t end) {
      for (std::size_t o = begin; o < end; ++o)
        add_rows<T>(from + o * terms, std::span<const std::size_t>(places).subspan(o * terms, terms), each, 1, to + o * each);
    });
  });
  return y;
}

Array flat_positions(const char* op, std::span<const Array* const> indices, const Shape& shape) {
  if (indices.empty() || indices.size() > shape.rank())
    throw ShapeError(
        fmt::format("{}: {} arrays of indices for shape {}; it takes one an axis, and at least one", op, indices.size(), shape));
  Shape common = indices[0]->shape();
  for (const Array* a : indices) common = broadcast(op, common, a->shape());
  Array y = Array::zeros(common, int64);
  auto* const to = y.mutable_data<std::int64_t>();
  for (std::size_t axis = 0; axis < indices.size(); ++axis) {
    const std::vector<std::size_t> places = places_of(op, *indices[axis], axis, shape);
    Array resolved(indices[axis]->shape(), int64);
    std::copy(places.begin(), places.end(), resolved.mutable_data<std::int64_t>());
    const Array repeated = broadcast_to(resolved, common);
    const auto* const place = repeated.data<std::int64_t>();
    for (std::size_t i = 0; i < y.size(); ++i) to[i] = to[i] * static_cast<std::int64_t>(shape[axis]) + place[i];
  }
  return y;
}

Array positions_of(const char* op, const Array& mask) {
  if (mask.dtype() != boolean)
    throw DtypeError(fmt::format("{}: the mask is {}; it needs bool (a comparison makes one)", op, name_of(mask.dtype())));
  const bool* const set = mask.data<bool>();
  Array y({std::count(set, set + mask.size(), true)}, int64);
  auto* to = y.mutable_data<std::int64_t>();
  for (std::size_t i = 0; i < mask.size(); ++i)
    if (set[i]) *to++ = static_cast<std::int64_t>(i);
  return y;
}

Array one_hot(const Array& labels, Integer count, Dtype dtype) {
  const std::size_t classes = require_count("one_hot", "classes", count);
  if (labels.dtype() != int64) throw DtypeError(fmt::format("one_hot: labels are {}; they need int64", name_of(labels.dtype())));
  Shape shape = labels.shape();
  shape.push_back(classes);
  Array rows = Array::zeros(shape, dtype);
  const auto label = labels.span<std::int64_t>();
  visit(dtype, [&](auto t) {
    auto* const to = rows.mutable_data<decltype(t)>();
    for (std::size_t i = 0; i < label.size(); ++i) {
      if (label[i] < 0 || static_cast<std::size_t>(label[i]) >= classes)
        throw ShapeError(fmt::format("one_hot: class {} at position {} is out of range for {} classes", label[i], i, classes));
      to[i * classes + static_cast<std::size_t>(label[i])] = 1;
    }
  });
  return rows;
}

}  // namespace reel::kernels
