#pragma once
#include <reel/autograd/ops/reduce.hpp>
#include <reel/core/mistake.hpp>

/// Reductions of real numbers (floating) over all axes, or the named ones; no axes named means all.
namespace reel {

struct VarOptions {
  /// Number subtracted from the number of elements. Default 1, which makes the variance of a sample unbiased.
  double correction = 1;
  bool keepdims = false;
};

/// The variance Σ (x - mean)² / max(0, n - correction), accurate also where the mean is large compared with the differences. NaN for one
/// element with correction 1, and for no elements.
Tensor var(Operand x);
Tensor var(Operand x, Ints axes, VarOptions options = {});
REEL_NO_SUCH_OPTION(VarOptions, Tensor var(Operand, Ints, ...));
/// The standard deviation √var. Where it is 0, all elements are equal and the derivative is taken as 0. `stddev` is the same under a name
/// that namespace std does not have: under `using namespace reel`, std(x) is ambiguous to the compiler, and stddev(x) is not.
Tensor std(Operand x);                                      // ambiguous? write stddev(x), or reel::std(x)
Tensor std(Operand x, Ints axes, VarOptions options = {});  // ambiguous? write stddev(x, axes), or reel::std(x, axes)
inline Tensor stddev(Operand x) { return std(x); }
inline Tensor stddev(Operand x, Ints axes, VarOptions options = {}) { return std(x, axes, options); }
REEL_NO_SUCH_OPTION(VarOptions, Tensor stddev(Operand, Ints, ...));

/// log Σ exp(x), without overflow. For no elements, or for -∞ alone, -∞ with derivative 0.
Tensor logsumexp(Operand x);
Tensor logsumexp(Operand x, Ints axes, ReduceOptions options = {});
REEL_NO_SUCH_OPTION(ReduceOptions, Tensor logsumexp(Operand, Ints, ...));

namespace detail {
/// First member of options that can only be given by name: `{1}` does not construct them.
struct ByName {
  explicit ByName() = default;
};
}  // namespace detail

struct VectorNormOptions {
  detail::ByName by_name = detail::ByName();
  double p = 2;
  bool keepdims = false;
};

/// The p-norm (Σ |x|^p)^(1/p) of the elements as one vector (of a matrix too), without overflow: `norm(x)`, `norm(x, {1})` along axis 1,
/// `norm(x, {}, {.p = 1})`. p = ∞ gives the largest |x| and -∞ the smallest, where equal ones share the gradient equally; p = 0 counts the
/// nonzero elements and has derivative 0. Where the norm is 0, and at elements that are 0, the derivative is taken as 0. For no elements:
/// 0, and ShapeError for p < 0. Throws Error when p is NaN.
Tensor norm(Operand x);
Tensor norm(Operand x, Ints axes, VectorNormOptions options = {});
template <std::integral I>
Tensor norm(Operand x, I axis, VectorNormOptions options) {
  return norm(std::move(x), Ints(axis), options);
}

namespace detail {
/// Its name appears in the first line of g++'s and clang's message when p, or an axis that could be meant as p, is the second argument of
/// norm().
struct norm_takes_axes_in_braces_and_p_as_an_option {};
}  // namespace detail

// Deleted: the former signature, and norm(x, 1), which could be read as the 1-norm or as the norm along axis 1. Write norm(x, {}, {.p = 1})
// or norm(x, {1}).
template <Number T>
Tensor norm(Operand x, T, detail::norm_takes_axes_in_braces_and_p_as_an_option = {}) = delete;
template <Number T, std::convertible_to<Ints> A>
Tensor norm(Operand x, T, A, ReduceOptions = {}, detail::norm_takes_axes_in_braces_and_p_as_an_option = {}) = delete;

}  // namespace reel
