#pragma once
#include <cstdint>

#include <reel/core/mistake.hpp>
#include <reel/nn/losses/options.hpp>

/// Losses of sequences.
namespace reel::nn {

struct CtcOptions {
  Reduction reduction = Reduction::mean;
  /// The class that stands for "nothing new".
  std::int64_t blank = 0;
  /// A target that the input is too short for has an infinite loss; with this, 0. Its gradient is 0 either way.
  bool zero_infinity = false;
};

/// Connectionist temporal classification: minus the logarithm of the probability that the frames, with repeats and then blanks taken
/// out, spell the target (Graves et al. 2006, "Connectionist Temporal Classification", by forward and backward sums of logarithms).
/// - log_probs (steps, n, classes), log_softmax's output; targets int64, (n, longest) with rows padded by anything, or all rows joined,
/// (total,);
///   input_lengths and target_lengths int64 (n,). For a single sequence: (steps, classes), (length,), () and ().
/// - The losses have shape (n,) or (). The mean divides each by its target's length (1 at least) first.
/// The gradient is that of log_probs as they stand; after log_softmax it is the same as PyTorch's, which takes their normalization into
/// account already. Throws ShapeError for lengths and classes out of range, Error for a target that names the blank.
Tensor ctc_loss(Operand log_probs, Operand targets, Operand input_lengths, Operand target_lengths, CtcOptions options = {});
REEL_NO_SUCH_OPTION(CtcOptions, Tensor ctc_loss(Operand, Operand, Operand, Operand, ...));

}  // namespace reel::nn
