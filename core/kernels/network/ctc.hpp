#pragma once
#include <cstdint>
#include <vector>

#include <reel/core/array.hpp>

namespace reel::kernels {

/// What the frames of log_probs (steps, n, classes) are to spell; all int64.
struct CtcTarget {
  const Array& targets;         // (n, longest), or all rows joined
  const Array& input_lengths;   // (n,)
  const Array& target_lengths;  // (n,)
  std::int64_t blank;

  std::size_t steps(std::size_t row) const { return static_cast<std::size_t>(input_lengths.data<std::int64_t>()[row]); }
  /// Blank, first, blank, second, ..., blank.
  std::vector<std::size_t> labels(std::size_t row) const;
};

/// Throws ShapeError or Error, naming `op`, unless all fits log_probs of (steps, n, classes).
void check_ctc(const char* op, const CtcTarget& target, const Shape& log_probs);

/// -log P(target) for each row, (n,); infinity where the frames are too few.
Array ctc(const Array& log_probs, const CtcTarget& target);
/// Its derivative times dy: -dy·P(frame t is class c | target), 0 where the loss is infinite.
Array ctc_backward(const Array& log_probs, const CtcTarget& target, const Array& dy);

/// Whether label s may follow label s - 2: a blank between two different classes may be left out.
inline bool may_skip(const std::vector<std::size_t>& labels, std::size_t s, std::size_t blank) {
  return s >= 2 && labels[s] != blank && labels[s] != labels[s - 2];
}

}  // namespace reel::kernels
