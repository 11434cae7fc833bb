#pragma once
#include <reel/autograd/ops/reduce.hpp>
#include <reel/core/mistake.hpp>

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
REEL_NO_SUCH_OPTION(VarOptions, Tensor var(Operand, Ints, ...));
/// √var. Where it is 0, all elements are equal and the derivative is taken as 0. `stddev` is the same under a name that the standard
/// library's namespace does not have: where `using namespace reel` stands, std(x) is ambiguous to the compiler, and stddev(x) is not.
Tensor std(Operand x);                                      // ambiguous? write stddev(x), or reel::std(x)
Tensor std(Operand x, Ints axes, VarOptions options = {});  // ambiguous? write stddev(x, axes), or reel::std(x, axes)
inline Tensor stddev(Operand x) { return std(x); }
inline Tensor stddev(Operand x, Ints axes, VarOptions options = {}) { return std(x, axes, options); }
REEL_NO_SUCH_OPTION(VarOptions, Tensor stddev(Operand, Ints, ...));

/// log Σ exp(x), without overflow. Of nothing, or of -∞ alone, -∞, with derivative 0.
Tensor logsumexp(Operand x);
Tensor logsumexp(Operand x, Ints axes, ReduceOptions options = {});
REEL_NO_SUCH_OPTION(ReduceOptions, Tensor logsumexp(Operand, Ints, ...));

namespace detail {
/// The first member of options that are given by name alone: `{1}` makes none.
struct ByName {
  explicit ByName() = default;
};
}  // namespace detail

struct VectorNormOptions {
  detail::ByName by_name = detail::ByName();
  double p = 2;
  bool keepdims = false;
};

/// (Σ |x|^p)^(1/p) of the elements as one vector (a matrix too), without overflow: `norm(x)`, `norm(x, {1})` along axis 1, `norm(x, {},
/// {.p = 1})`. p = ∞ is the largest |x| and -∞ the smallest, where equal ones share the gradient equally; p = 0 counts those that are not 0
/// and has derivative 0. Where the norm is 0, and at elements that are 0, the derivative is taken as 0. Of nothing: 0, and a ShapeError for
/// p < 0. Throws Error when p is NaN.
Tensor norm(Operand x);
Tensor norm(Operand x, Ints axes, VectorNormOptions options = {});
template <std::integral I>
Tensor norm(Operand x, I axis, VectorNormOptions options) {
  return norm(std::move(x), Ints(axis), options);
}

namespace detail {
/// Stands in g++'s and clang's first line where p, or an axis that could be meant as p, is the second argument of norm().
struct norm_takes_axes_in_braces_and_p_as_an_option {};
}  // namespace detail

// As it was before, and norm(x, 1), which would be the 1-norm to some and the norm along axis 1 to others: norm(x, {}, {.p = 1}), norm(x,
// {1}).
template <Number T>
Tensor norm(Operand x, T, detail::norm_takes_axes_in_braces_and_p_as_an_option = {}) = delete;
template <Number T, std::convertible_to<Ints> A>
Tensor norm(Operand x, T, A, ReduceOptions = {}, detail::norm_takes_axes_in_braces_and_p_as_an_option = {}) = delete;

}  // namespace reel
