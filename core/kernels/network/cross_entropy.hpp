#pragma once
#include <reel/core/array.hpp>

namespace reel::kernels {

/// Right answers given as classes, beside scores of shape (n, classes, d...) or (classes,): the share of each class is
/// (1 - smoothing)·weight at the right one, and smoothing/classes·weight more at each; all 0 where the class is `ignored`.
struct ClassTarget {
  const Array& classes;  // int64, (n, d...), or () beside (classes,)
  const Array* weight;   // (classes,) in the scores' dtype; null means ones
  std::int64_t ignored;
  double smoothing = 0;
};

/// Throws ShapeError for a class out of range, naming `op`.
void check_classes(const char* op, const ClassTarget& target, std::size_t classes);

/// -Σ share·log softmax(x) over the classes. Classes have to be checked.
Array cross_entropy(const Array& x, const ClassTarget& target);
/// Its derivative times dy: dy·(softmax(x)·Σ share - share).
Array cross_entropy_backward(const Array& x, const ClassTarget& target, const Array& dy);

/// The same for shares given as an array of x's shape.
Array soft_cross_entropy(const Array& x, const Array& share);
Array soft_cross_entropy_backward(const Array& x, const Array& share, const Array& dy);

/// -Σ share·x, without smoothing: -weight·x at the right class.
Array nll(const Array& x, const ClassTarget& target);
/// The shares as an array of `shape`, times the `factors` (one for each right answer) where given.
Array class_shares(const Shape& shape, Dtype dtype, const ClassTarget& target, const Array* factors = nullptr);
/// The weights of the right classes in sum; with the weights left out, how many are not ignored.
double total_weight(const ClassTarget& target);

/// The axis of the classes: 0 beside (classes,), else 1.
inline std::size_t class_axis(const Shape& scores) { return scores.rank() == 1 ? 0 : 1; }

}  // namespace reel::kernels
