#include <reel/core/random.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <limits>
#include <mutex>
#include <numbers>
#include <type_traits>
#include <utility>

#include <Random123/philox.h>
#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/kernels/simd/xsimd.hpp>
#include <reel/core/parallel.hpp>

namespace reel {

namespace {

// The upper half of Philox's 128-bit counter is the purpose of a block, so that no two purposes share one.
enum class Purpose : std::uint32_t { draw, split };

r123array4x32 block_of(std::uint64_t seed, std::uint64_t counter, std::uint32_t attempt = 0, Purpose purpose = Purpose::draw) {
  const r123array2x32 key{{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}};
  const r123array4x32 count{
      {static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32), attempt, static_cast<std::uint32_t>(purpose)}};
  return philox4x32_R(10, count, key);
}

std::uint64_t word64(const r123array4x32& block, std::size_t i) { return block.v[2 * i] | std::uint64_t{block.v[2 * i + 1]} << 32; }

constexpr std::uint64_t blocks_for(std::size_t elements) { return elements / 2 + elements % 2; }

/// The default generator. A draw costs one atomic addition; the version shows whether the seed changed meanwhile.
struct SharedGenerator {
  std::atomic<std::uint64_t> version{0}, seed{0}, position{0};
  std::mutex seeding;

  Generator take(std::uint64_t blocks) {
    for (;;) {
      const std::uint64_t before = version.load();
      const std::uint64_t current = seed.load();
      if (before % 2 != 0) continue;
      const std::uint64_t first = position.fetch_add(blocks);
      if (version.load() == before) return Generator(current, first);
    }
  }

  void set(const Generator& generator) {
    const std::lock_guard lock(seeding);
    ++version;
    seed = generator.seed();
    position = generator.position();
    ++version;
  }
};

constinit SharedGenerator shared;

}  // namespace

kernels::Draw Generator::reserve(std::size_t elements) {
  const kernels::Draw draw{seed_, position_};
  position_ += blocks_for(elements);
  return draw;
}

Generator Generator::split() { return Generator(word64(block_of(seed_, position_++, 0, Purpose::split), 0)); }

void manual_seed(std::uint64_t seed) { shared.set(Generator(seed)); }
Generator default_generator() { return shared.take(0); }
void set_default_generator(const Generator& generator) { shared.set(generator); }

namespace kernels {

namespace {

constexpr std::size_t chunk_blocks = 64;
constexpr std::size_t chunk_words = 4 * chunk_blocks;
constexpr std::size_t chunks_per_grain = 64;  // about 50 us of work

struct alignas(64) Words : std::array<std::uint32_t, chunk_words> {};

// Whole chunks only: every element then goes through the same instructions, wherever a draw or a thread's piece ends.
void fill(Words& words, std::uint64_t seed, std::uint64_t first) {
  using Lane = std::array<std::uint32_t, chunk_blocks>;
  alignas(64) Lane a, b, c, d;  // one array a word, which compilers turn into vector code more readily than blocks in a row
  for (std::size_t i = 0; i < chunk_blocks; ++i) {
    const r123array4x32 block = block_of(seed, first + i);
    a[i] = block.v[0];
    b[i] = block.v[1];
    c[i] = block.v[2];
    d[i] = block.v[3];
  }
  for (std::size_t i = 0; i < chunk_blocks; ++i) {
    words[4 * i] = a[i];
    words[4 * i + 1] = b[i];
    words[4 * i + 2] = c[i];
    words[4 * i + 3] = d[i];
  }
}

/// Fills an Array of T from chunks of random words; `convert(words, out)` makes `per_chunk` elements of each.
template <class T, std::size_t per_chunk, class Convert>
Array generate(const Shape& shape, Draw draw, Convert convert) {
  Array result(shape, dtype_of<T>());
  const std::size_t n = result.size();
  T* const out = result.mutable_data<T>();
  parallel_for((n + per_chunk - 1) / per_chunk, chunks_per_grain, [=](std::size_t begin, std::size_t end) {
    Words words;
    alignas(64) std::array<T, per_chunk> elements;
    for (std::size_t chunk = begin; chunk < end; ++chunk) {
      fill(words, draw.seed, draw.first + chunk * chunk_blocks);
      convert(words, elements);
      const std::size_t at = chunk * per_chunk;
      std::copy_n(elements.begin(), std::min(per_chunk, n - at), out + at);
    }
  });
  return result;
}

/// The number of T per chunk if each uses as many words as it has.
template <class T>
constexpr std::size_t per_chunk_of = chunk_words * 4 / sizeof(T);

std::uint64_t wide(const Words& words, std::size_t i) { return words[2 * i] | std::uint64_t{words[2 * i + 1]} << 32; }

/// Returns a number in [0, 1), a multiple of 2^-24 or 2^-53.
template <class T>
T fraction(const Words& words, std::size_t i) {
  if constexpr (std::is_same_v<T, float>) {
    return static_cast<float>(static_cast<std::int32_t>(words[i] >> 8)) * 0x1p-24f;
  } else {
    return static_cast<double>(static_cast<std::int64_t>(wide(words, i) >> 11)) * 0x1p-53;
  }
}

/// Returns a number in (0, 1], as the argument of a logarithm: the middle of one of 2^31 or 2^53 equal steps, rounded.
template <class T>
T positive_fraction(const Words& words, std::size_t i) {
  if constexpr (std::is_same_v<T, float>) {
    return static_cast<float>(static_cast<std::int32_t>(words[i] >> 1)) * 0x1p-31f + 0x1p-32f;
  } else {
    return static_cast<double>(static_cast<std::int64_t>(wide(words, i) >> 11)) * 0x1p-53 + 0x1p-54;
  }
}

void check_floating(const char* op, Dtype dtype) {
  if (!is_floating(dtype)) throw DtypeError(fmt::format("{}: dtype is {}; it must be float32 or float64", op, name_of(dtype)));
}

double largest(Dtype dtype) { return dtype == float32 ? double{std::numeric_limits<float>::max()} : std::numeric_limits<double>::max(); }

/// The smallest and the largest T in [low, high); both are low, rounded, if there is none.
template <class T>
std::pair<T, T> representable(double low, double high) {
  constexpr T infinity = std::numeric_limits<T>::infinity();
  T first = static_cast<T>(low), last = static_cast<T>(high);
  if (first < low) first = std::nextafter(first, infinity);
  if (last >= high) last = std::nextafter(last, -infinity);
  if (first <= last) return {first, last};
  return {static_cast<T>(low), static_cast<T>(low)};
}

template <class T>
Array uniform_of(const Shape& shape, double low, double high, Draw draw) {
  const auto [first, last] = representable<T>(low, high);
  const T start = first, stop = last, span = static_cast<T>(high - low);
  return generate<T, per_chunk_of<T>>(shape, draw, [=](const Words& words, auto& out) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      const T x = start + span * fraction<T>(words, i);
      out[i] = x < stop ? x : stop;
    }
  });
}

template <class T>
Array normal_of(const Shape& shape, double mean, double std, Draw draw) {
  using Batch = xsimd::batch<T>;
  return generate<T, per_chunk_of<T>>(shape, draw, [m = static_cast<T>(mean), s = static_cast<T>(std)](const Words& words, auto& out) {
    constexpr std::size_t pairs = per_chunk_of<T> / 2;
    alignas(64) std::array<T, pairs> u, v;
    for (std::size_t i = 0; i < pairs; ++i) {
      u[i] = positive_fraction<T>(words, 2 * i);
      v[i] = 2 * std::numbers::pi_v<T> * fraction<T>(words, 2 * i + 1);
    }
    for (std::size_t i = 0; i < pairs; i += Batch::size) {
      // max: a logarithm of 1 that is rounded upwards must not reach the root.
      const Batch radius = Batch(s) * xsimd::sqrt(xsimd::max(Batch(0), Batch(-2) * xsimd::log(Batch::load_aligned(&u[i]))));
      const auto [sine, cosine] = xsimd::sincos(Batch::load_aligned(&v[i]));
      (Batch(m) + radius * cosine).store_aligned(&u[i]);
      (Batch(m) + radius * sine).store_aligned(&v[i]);
    }
    for (std::size_t i = 0; i < pairs; ++i) {
      out[2 * i] = u[i];
      out[2 * i + 1] = v[i];
    }
  });
}

/// Random bits for the Fisher-Yates shuffle: the integers of a draw in order, one block at a time.
class Integers {
 public:
  explicit Integers(Draw draw) : draw_(draw) {}

  std::uint64_t below(std::uint64_t bound, std::size_t i) {
    if (i / 2 != block_index_) {
      block_index_ = i / 2;
      block_ = block_of(draw_.seed, draw_.first + block_index_);
    }
    __extension__ using Wide = unsigned __int128;
    Wide product = Wide{word64(block_, i % 2)} * bound;
    if (static_cast<std::uint64_t>(product) < bound) {
      // A product whose lower half is below 2^64 mod bound belongs to the surplus that would make some integers more frequent.
      const std::uint64_t surplus = (0 - bound) % bound;
      for (std::uint32_t attempt = 1; static_cast<std::uint64_t>(product) < surplus; ++attempt)
        product = Wide{word64(block_of(draw_.seed, draw_.first + i / 2, attempt), i % 2)} * bound;
    }
    return static_cast<std::uint64_t>(product >> 64);
  }

 private:
  Draw draw_;
  std::uint64_t block_index_ = std::numeric_limits<std::uint64_t>::max();
  r123array4x32 block_{};
};

thread_local constinit DrawScope* innermost = nullptr;

Draw take_from(DrawScope* scope, std::size_t elements) {
  if (scope) return scope->take(elements);
  const Generator at = shared.take(blocks_for(elements));
  return {at.seed(), at.position()};
}

}  // namespace

Draw reserve(std::size_t elements) { return take_from(innermost, elements); }

DrawScope::DrawScope() : outer_(std::exchange(innermost, this)) {}
DrawScope::~DrawScope() { innermost = outer_; }

Draw RecordDraws::take(std::size_t elements) {
  const Draw draw = take_from(outer(), elements);
  log_->items.push_back({draw, elements});
  return draw;
}

Draw RepeatDraws::take(std::size_t elements) {
  if (next_ == log_->items.size())
    throw Error(fmt::format("more random numbers were drawn than the first time, when there were {} draws", next_));
  const DrawLog::Item& item = log_->items[next_++];
  if (item.elements != elements) throw Error(fmt::format("{} random numbers were drawn, and {} the first time", elements, item.elements));
  return item.draw;
}

Array uniform(const Shape& shape, Dtype dtype, double low, double high, Draw draw) {
  check_floating("uniform", dtype);
  if (!(low <= high) || !(std::max({high - low, -low, high}) <= largest(dtype)))
    throw Error(fmt::format("uniform: low is {} and high is {}; low must not be above high, and high - low must be finite in {}", low, high,
                            name_of(dtype)));
  return dtype == float32 ? uniform_of<float>(shape, low, high, draw) : uniform_of<double>(shape, low, high, draw);
}

Array normal(const Shape& shape, Dtype dtype, double mean, double std, Draw draw) {
  check_floating("normal", dtype);
  if (!(std >= 0 && std <= largest(dtype) && std::abs(mean) <= largest(dtype)))
    throw Error(fmt::format("normal: mean is {} and std is {}; both must be finite in {} and std not negative", mean, std, name_of(dtype)));
  return dtype == float32 ? normal_of<float>(shape, mean, std, draw) : normal_of<double>(shape, mean, std, draw);
}

Array bernoulli(const Shape& shape, double p, Dtype dtype, Draw draw) {
  if (!(p >= 0 && p <= 1)) throw Error(fmt::format("bernoulli: p is {}; a probability lies in [0, 1]", p));
  const auto limit = static_cast<std::uint64_t>(std::llround(p * 0x1p32));
  if (limit == 0 || limit == std::uint64_t{1} << 32) return Array::full(shape, limit == 0 ? 0 : 1, dtype);
  return visit(dtype, [&](auto t) {
    using T = decltype(t);
    return generate<T, chunk_words>(shape, draw, [bound = static_cast<std::uint32_t>(limit)](const Words& words, auto& out) {
      for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<T>(words[i] < bound);
    });
  });
}

Array permutation(Integer count, Draw draw) {
  const std::size_t n = require_count("permutation", "n", count);
  Array result = Array::range(0, count.value);
  auto* const values = result.mutable_data<std::int64_t>();
  Integers integers(draw);
  for (std::size_t i = 1; i < n; ++i) std::swap(values[i], values[integers.below(i + 1, i)]);
  return result;
}

std::uint64_t bounded(std::uint64_t bound, Draw draw, std::size_t i) {
  if (bound == 0) throw Error("bounded: bound is 0; there is no integer below it");
  return Integers(draw).below(bound, i);
}

}  // namespace kernels

}  // namespace reel
