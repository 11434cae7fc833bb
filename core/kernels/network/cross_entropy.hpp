#pragma once
#include <reel/core/array.hpp>

namespace reel::kernels {

/// Targets given as class indices, for scores of shape (n, classes, d...) or (classes,). The share of a class is smoothing/classes·weight,
/// plus (1 - smoothing)·weight for the target class; all shares are 0 where the target is `ignored`.
struct ClassTarget {
  const Array& classes;  // int64, (n, d...), or () for scores of shape (classes,)
  const Array* weight;   // (classes,) in the scores' dtype; null means ones
  std::int64_t ignored;
  double smoothing = 0;
};

/// Throws ShapeError for a class out of range, naming `op`.
void check_classes(const char* op, const ClassTarget& target, std::size_t classes);

/// Returns -Σ share·log softmax(x) over the classes, one loss per target. The classes must have been checked by check_classes().
Array cross_entropy(const Array& x, const ClassTarget& target);
/// The gradient of cross_entropy() with respect to x: dy·(softmax(x)·Σ share - share).
Array cross_entropy_backward(const Array& x, const ClassTarget& target, const Array& dy);

/// cross_entropy() for shares (soft targets) given as an array of x's shape.
Array soft_cross_entropy(const Array& x, const Array& share);
Array soft_cross_entropy_backward(const Array& x, const Array& share, const Array& dy);

/// Returns -Σ share·x, which without smoothing is -weight·x at the target class.
Array nll(const Array& x, const ClassTarget& target);
/// The shares as an array of `shape`, multiplied by `factors` (one per target) unless they are null.
Array class_shares(const Shape& shape, Dtype dtype, const ClassTarget& target, const Array* factors = nullptr);
/// The sum of the weights of the target classes; without weights, the number of targets that are not ignored.
double total_weight(const ClassTarget& target);

/// The axis of the classes: 0 for scores of shape (classes,), else 1.
inline std::size_t class_axis(const Shape& scores) { return scores.rank() == 1 ? 0 : 1; }

}  // namespace reel::kernels
