#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include <reel/core/array.hpp>

namespace reel::metrics {

/// Throws ShapeError naming `metric` unless both have one shape.
void check_alike(const char* metric, const Array& prediction, const Array& target);

/// Rows of scores and the true class of each.
struct Classified {
  const Array& scores;
  Array classes;  ///< int64 (n,), each in range
  std::size_t rows() const { return scores.shape()[0]; }
  std::size_t columns() const { return scores.shape()[1]; }
};

/// Throws Error naming `metric` for a prediction outside of [0, 1]: most often a logit, for which there is `.from_logits = true`. NaN
/// passes.
void check_probabilities(const char* metric, const Array& prediction);

/// Throws ShapeError naming `metric` for scores (n, 1): the largest of one column is always the first.
void check_columns(const char* metric, const Array& scores);

/// Scores (n, classes) and targets: int64 (n,), or rows of probabilities whose largest counts. Throws ShapeError naming `metric`.
Classified classified(const char* metric, const Array& scores, const Array& target);

/// The index of each row's largest element, the first of equal ones: int64 (n,).
Array largest_of_rows(const Array& scores);

}  // namespace reel::metrics
