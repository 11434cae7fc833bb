#pragma once
#include <reel/autograd/record.hpp>

/// How wrong a prediction is. Prediction and target have one shape (they do not broadcast: (n, 1) against (n,) is the classic silent
/// mistake), and one floating dtype, except for cross_entropy. ShapeError and DtypeError name both.
namespace reel::nn {

enum class Reduction { mean, sum, none };

struct LossOptions {
  Reduction reduction = Reduction::mean;
};

/// (prediction - target)²
Tensor mse_loss(Operand prediction, Operand target);
Tensor mse_loss(Operand prediction, Operand target, LossOptions options);
/// |prediction - target|
Tensor l1_loss(Operand prediction, Operand target);
Tensor l1_loss(Operand prediction, Operand target, LossOptions options);
/// -t log p - (1 - t) log(1 - p) for probabilities p in [0, 1]; logarithms are cut off at -100, as PyTorch does.
Tensor binary_cross_entropy(Operand prediction, Operand target);
Tensor binary_cross_entropy(Operand prediction, Operand target, LossOptions options);
/// The same of sigmoid(prediction), without its loss of digits.
Tensor binary_cross_entropy_with_logits(Operand prediction, Operand target);
Tensor binary_cross_entropy_with_logits(Operand prediction, Operand target, LossOptions options);
/// -log softmax(prediction)[target] for logits (n, classes) and int64 classes (n,), or -Σ target · log softmax(prediction) for
/// probabilities (n, classes). The mean is over n. Throws ShapeError for a class out of range.
Tensor cross_entropy(Operand prediction, Operand target);
Tensor cross_entropy(Operand prediction, Operand target, LossOptions options);

}  // namespace reel::nn
