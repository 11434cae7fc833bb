#pragma once
#include <cstdint>

#include <reel/core/mistake.hpp>
#include <reel/nn/losses/options.hpp>

/// Sequence losses.
namespace reel::nn {

struct CtcOptions {
  Reduction reduction = Reduction::mean;
  /// The class of the blank, which stands for "no new symbol in this frame".
  std::int64_t blank = 0;
  /// Whether the loss of a target that is too long for its input is 0; otherwise it is infinite. Its gradient is 0 either way.
  bool zero_infinity = false;
};

/// Connectionist temporal classification: -log P(target), where P is the probability that the frames spell the target once repeats and then
/// blanks are removed (Graves et al. 2006, "Connectionist Temporal Classification", by forward and backward sums of logarithms). Returns
/// the mean over the sequences, each loss divided by its target's length (at least 1) first; without reduction the losses, (n,) or ().
/// - log_probs: (steps, n, classes), the output of log_softmax().
/// - targets: int64, (n, longest) with rows padded by any values, or all rows joined, (total,).
/// - input_lengths, target_lengths: int64 (n,).
/// For a single sequence the four are (steps, classes), (length,), () and ().
/// The gradient is that of log_probs as they stand; after log_softmax() it is the same as PyTorch's, which takes their normalization into
/// account already. Throws ShapeError for lengths and classes out of range, Error for a target that names the blank, DtypeError for
/// log_probs that are not floating and for integers that are not int64.
Tensor ctc_loss(Operand log_probs, Operand targets, Operand input_lengths, Operand target_lengths, CtcOptions options = {});
REEL_NO_SUCH_OPTION(CtcOptions, Tensor ctc_loss(Operand, Operand, Operand, Operand, ...));

}  // namespace reel::nn
