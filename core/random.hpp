#pragma once
#include <cstddef>
#include <cstdint>

#include <reel/core/array.hpp>

namespace reel {

namespace kernels {

/// A reserved part of the stream of random blocks of `seed`, beginning at block `first`. Plain data; the same Draw always gives the same
/// numbers.
struct Draw {
  std::uint64_t seed = 0, first = 0;
};

}  // namespace kernels

/// A position in the stream of random blocks of one seed. Copy it to draw the same numbers again.
///
/// Counter-based: block k of a seed is Philox4x32-10 of the counter k under the key `seed` (Salmon, Moraes, Dror, Shaw: "Parallel
/// random numbers: as easy as 1, 2, 3", SC 2011), so any element can be computed without those before it.
class Generator {
 public:
  explicit Generator(std::uint64_t seed = 0, std::uint64_t position = 0) : seed_(seed), position_(position) {}

  std::uint64_t seed() const { return seed_; }
  /// The next block, of 128 random bits.
  std::uint64_t position() const { return position_; }

  /// Reserves the blocks for a draw of `elements` numbers (64 bits per number, for every distribution) and moves the position past them.
  kernels::Draw reserve(std::size_t elements);
  /// Returns a generator with a new seed, derived from this generator's seed and position, and moves the position by one block. For workers
  /// or data loaders that must draw independent but reproducible numbers.
  Generator split();

  friend bool operator==(const Generator& a, const Generator& b) { return a.seed_ == b.seed_ && a.position_ == b.position_; }

 private:
  std::uint64_t seed_, position_;
};

/// Restarts the default generator, from which initializers, dropout and shuffles draw. Before the first call its seed is 0.
void manual_seed(std::uint64_t seed);
/// A copy of the default generator as it stands, for checkpoints.
Generator default_generator();
/// Sets the default generator to the seed and position of `generator`.
void set_default_generator(const Generator& generator);

/// While alive, the default generator draws from `seed`; the destructor restores its previous state. For one thread at a time.
class SeedScope {
 public:
  explicit SeedScope(std::uint64_t seed) : before_(default_generator()) { manual_seed(seed); }
  ~SeedScope() { set_default_generator(before_); }
  SeedScope(const SeedScope&) = delete;
  SeedScope& operator=(const SeedScope&) = delete;

 private:
  Generator before_;
};

namespace kernels {

/// Reserves blocks of the default generator, or of the innermost DrawScope of this thread. Thread-safe: no two calls get the same blocks.
Draw reserve(std::size_t elements);

/// The draws that a computation reserved, so that it can be repeated.
struct DrawLog {
  struct Item {
    Draw draw;
    std::size_t elements;
  };
  std::vector<Item> items;
};

/// While alive, answers the calling thread's reserve() by take(); of nested scopes, the innermost one answers.
class DrawScope {
 public:
  DrawScope(const DrawScope&) = delete;
  DrawScope& operator=(const DrawScope&) = delete;
  virtual Draw take(std::size_t elements) = 0;

 protected:
  DrawScope();
  ~DrawScope();
  DrawScope* outer() const { return outer_; }

 private:
  DrawScope* outer_;
};

/// Records the draws that this thread reserves.
class RecordDraws final : public DrawScope {
 public:
  explicit RecordDraws(DrawLog& log) : log_(&log) {}
  Draw take(std::size_t elements) override;

 private:
  DrawLog* log_;
};

/// Gives this thread the draws of a log again, in order; the default generator does not move. take() throws Error when the log has no more
/// draws, or when its next draw has another number of elements.
class RepeatDraws final : public DrawScope {
 public:
  explicit RepeatDraws(const DrawLog& log) : log_(&log) {}
  Draw take(std::size_t elements) override;

 private:
  const DrawLog* log_;
  std::size_t next_ = 0;
};

// Element i of every draw depends on (seed, first, i) alone: not on the number of elements, nor on the number of threads.

/// Uniform random numbers in [low, high), from 24 random bits in float32 and 53 in float64. No element is below low or reaches high, even
/// where these are not float32 numbers themselves; all elements are low if the dtype has no number between them. Throws DtypeError unless
/// the dtype is floating, Error unless low <= high and high - low is finite.
Array uniform(const Shape& shape, Dtype dtype, double low, double high, Draw draw);

/// Gaussian random numbers by the Box-Muller transform (Ann. Math. Statist. 29, 1958), from 31 random bits in float32 and 53 in float64: no
/// element is further than 6.6 (8.6 in float64) standard deviations from the mean. Throws DtypeError unless the dtype is floating, Error
/// unless std >= 0 and both are finite.
Array normal(const Shape& shape, Dtype dtype, double mean, double std, Draw draw);

/// Elements that are 1 with probability p (to within 2^-33), else 0, in any dtype. p = 0 and p = 1 are exact. Throws Error for a p outside
/// [0, 1].
Array bernoulli(const Shape& shape, double p, Dtype dtype, Draw draw);

/// The numbers 0 to n - 1 in random order, int64, shape (n,), by the Fisher-Yates shuffle with exactly uniform choices. Throws Error for a
/// negative n.
Array permutation(Integer n, Draw draw);

/// The i-th integer of a draw, exactly uniform in [0, bound), by Lemire's method ("Fast random integer generation in an interval", ACM
/// TOMACS 29, 2019). bound must be at least 1.
std::uint64_t bounded(std::uint64_t bound, Draw draw, std::size_t i);

}  // namespace kernels

}  // namespace reel
