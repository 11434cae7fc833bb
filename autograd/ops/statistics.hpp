#pragma once
#include <reel/autograd/ops/reduce.hpp>

/// Reductions of real numbers (floating) over all axes, or those named (none: all).
namespace reel {

struct VarOptions {
  /// What is taken off the number of elements; 1 makes the variance of a sample unbiased.
  double correction = 1;
  bool keepdims = false;
};

/// Σ (x - mean)² / max(0, n - correction), exact also where the mean is large beside the differences. Of one element with correction 1,
/// and of nothing, NaN.
Tensor var(Operand x);
Tensor var(Operand x, Ints axes, VarOptions options = {});
/// √var. Where it is 0, all elements are equal and the derivative is taken as 0. In a file with `using namespace reel` it is
/// called `reel::std(x)`, because of the standard library's namespace.
Tensor std(Operand x);
Tensor std(Operand x, Ints axes, VarOptions options = {});

/// log Σ exp(x), without overflow. Of nothing, or of -∞ alone, -∞, with derivative 0.
Tensor logsumexp(Operand x);
Tensor logsumexp(Operand x, Ints axes, ReduceOptions options = {});

/// (Σ |x|^p)^(1/p) of the elements as one vector (a matrix too), without overflow. p = ∞ is the largest |x| and -∞ the smallest, where
/// equal ones share the gradient equally; p = 0 counts those that are not 0 and has derivative 0. Where the norm is 0, and at elements that
/// are 0, the derivative is taken as 0. Of nothing: 0, and a ShapeError for p < 0. Throws Error when p is NaN.
Tensor norm(Operand x, double p = 2);
Tensor norm(Operand x, double p, Ints axes, ReduceOptions options = {});

}  // namespace reel
