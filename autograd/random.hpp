#pragma once
#include <reel/autograd/record.hpp>
#include <reel/core/mistake.hpp>
#include <reel/core/random.hpp>

/// Constants with random values, from the generator that manual_seed() sets. The numbers do not depend on the number of threads. Errors are
/// those of reel::kernels, with the caller's line added.
namespace reel::random {

struct UniformOptions {
  double low = 0, high = 1;
  Dtype dtype = float32;
};
/// Uniformly distributed in [low, high).
Tensor uniform(const Shape& shape, UniformOptions options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(UniformOptions, Tensor uniform(const Shape&, ...));

struct NormalOptions {
  double mean = 0, std = 1;
  Dtype dtype = float32;
};
/// Normally distributed with this mean and standard deviation.
Tensor normal(const Shape& shape, NormalOptions options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(NormalOptions, Tensor normal(const Shape&, ...));

struct BernoulliOptions {
  double p = 0.5;
  Dtype dtype = float32;
};
/// 1 with probability p, else 0.
Tensor bernoulli(const Shape& shape, BernoulliOptions options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(BernoulliOptions, Tensor bernoulli(const Shape&, ...));
/// The integers 0 to n - 1 in random order, int64.
Tensor permutation(Integer n, SourceLocation at = SourceLocation::here());

}  // namespace reel::random

namespace reel {

/// Sets each element of x to 0 with probability p, and divides the others by 1 - p. Always active; nn::Dropout is not active in evaluation.
/// Throws Error unless 0 <= p < 1.
Tensor dropout(Operand x, double p);

}  // namespace reel
