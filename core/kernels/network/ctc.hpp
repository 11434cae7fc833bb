#pragma once
#include <cstdint>
#include <vector>

#include <reel/core/array.hpp>

namespace reel::kernels {

/// The targets of connectionist temporal classification (CTC) for log_probs (steps, n, classes); all arrays are int64.
struct CtcTarget {
  const Array& targets;         // (n, longest), or all rows concatenated
  const Array& input_lengths;   // (n,)
  const Array& target_lengths;  // (n,)
  std::int64_t blank;

  std::size_t steps(std::size_t row) const { return static_cast<std::size_t>(input_lengths.data<std::int64_t>()[row]); }
  /// The labels of a row with blanks around them: blank, first, blank, second, ..., blank.
  std::vector<std::size_t> labels(std::size_t row) const;
};

/// Throws ShapeError or Error, naming `op`, unless the target fits log_probs of shape (steps, n, classes).
void check_ctc(const char* op, const CtcTarget& target, const Shape& log_probs);

/// Returns -log P(target) per row, shape (n,); infinity where there are too few frames.
Array ctc(const Array& log_probs, const CtcTarget& target);
/// The gradient of ctc() with respect to log_probs: -dy·P(frame t is class c | target), 0 where the loss is infinite.
Array ctc_backward(const Array& log_probs, const CtcTarget& target, const Array& dy);

/// Whether label s may follow label s - 2: a blank between two different classes may be left out.
inline bool may_skip(const std::vector<std::size_t>& labels, std::size_t s, std::size_t blank) {
  return s >= 2 && labels[s] != blank && labels[s] != labels[s - 2];
}

}  // namespace reel::kernels
