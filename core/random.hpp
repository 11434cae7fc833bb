#pragma once
#include <cstddef>
#include <cstdint>

#include <reel/core/array.hpp>

namespace reel {

namespace kernels {

/// A reserved piece of the stream of random blocks that belongs to `seed`, from block `first` on. Plain data: whoever keeps it can
/// repeat the draw.
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

  /// Takes enough blocks for a draw of so many elements (64 bits each, whatever the distribution) and moves past them.
  kernels::Draw reserve(std::size_t elements);
  /// A generator with a seed of its own, derived from this one's seed and position; moves on by one block. For workers or data loaders
  /// that must draw independently and still repeatably.
  Generator split();

  friend bool operator==(const Generator& a, const Generator& b) { return a.seed_ == b.seed_ && a.position_ == b.position_; }

 private:
  std::uint64_t seed_, position_;
};

/// Restarts the default generator, from which initializers, dropout and shuffles draw. Before the first call its seed is 0.
void manual_seed(std::uint64_t seed);
/// A copy of the default generator as it stands, for checkpoints.
Generator default_generator();
/// Puts the default generator where `generator` stands.
void set_default_generator(const Generator& generator);

/// Draws from a seed of its own while it lives, then continues the default generator where it was. One thread at a time.
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

/// Reserves from the default generator. Safe from several threads: no two get the same blocks.
Draw reserve(std::size_t elements);

/// The draws that a computation reserved, so that it can be repeated.
struct DrawLog {
  struct Item {
    Draw draw;
    std::size_t elements;
  };
  std::vector<Item> items;
};

/// Where the calling thread's reserve() goes while one lives, the innermost first.
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

/// Writes down what this thread reserves.
class RecordDraws final : public DrawScope {
 public:
  explicit RecordDraws(DrawLog& log) : log_(&log) {}
  Draw take(std::size_t elements) override;

 private:
  DrawLog* log_;
};

/// Gives this thread the draws of a log again, in order; the default generator stays where it is. Throws Error when more are asked for
/// than the log has, or one of another size.
class RepeatDraws final : public DrawScope {
 public:
  explicit RepeatDraws(const DrawLog& log) : log_(&log) {}
  Draw take(std::size_t elements) override;

 private:
  const DrawLog* log_;
  std::size_t next_ = 0;
};

// Element i of every draw depends on (seed, first, i) alone: not on the number of elements, nor on the number of threads.

/// Even over [low, high), float32 with 24 and float64 with 53 random bits. No element is below low or reaches high, also when these
/// are no float32 themselves; low itself if no element type's value lies between. Throws DtypeError unless the dtype is floating,
/// Error unless low <= high and high - low is finite.
Array uniform(const Shape& shape, Dtype dtype, double low, double high, Draw draw);

/// Gaussian, by the Box-Muller transform (Ann. Math. Statist. 29, 1958), float32 from 31 and float64 from 53 random bits: no element
/// is further than 6.6 (8.6 in float64) standard deviations from the mean. Throws DtypeError unless the dtype is floating, Error unless
/// std >= 0 and both are finite.
Array normal(const Shape& shape, Dtype dtype, double mean, double std, Draw draw);

/// 1 with probability p (to within 2^-33), else 0, in any dtype. p = 0 and p = 1 are exact. Throws Error for a p outside [0, 1].
Array bernoulli(const Shape& shape, double p, Dtype dtype, Draw draw);

/// The numbers 0 to n - 1 in random order, int64, shape (n,), by Fisher and Yates' shuffle with exactly even choices. Throws Error for a
/// negative n.
Array permutation(Integer n, Draw draw);

/// Integer i of a draw, in [0, bound) and exactly even: Lemire's method ("Fast random integer generation in an interval", ACM TOMACS 29,
/// 2019). bound is 1 or more.
std::uint64_t bounded(std::uint64_t bound, Draw draw, std::size_t i);

}  // namespace kernels

}  // namespace reel
