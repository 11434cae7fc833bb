#pragma once
#include <reel/core/mistake.hpp>
#include <reel/nn/losses/options.hpp>

/// Similarities and distances of vectors, which return one value per pair of vectors, and losses made of them, which by default return the
/// mean over all pairs, shape (); `reduction` asks for the sum or for one value per pair.
namespace reel::nn {

struct CosineSimilarityOptions {
  /// The axis along which the vectors lie; negative axes count from the back.
  std::ptrdiff_t axis = -1;
  /// Lower bound of each vector's length, so that a vector of zeros has similarity 0 and a finite gradient.
  double eps = 1e-8;
};

/// Cosine similarity a·b / (‖a‖·‖b‖) along one axis, which is dropped: one value per pair of vectors. a and b broadcast. Throws ShapeError
/// where they do not, DtypeError unless both are float32 or both float64.
Tensor cosine_similarity(Operand a, Operand b, CosineSimilarityOptions options = {});
REEL_NO_SUCH_OPTION(CosineSimilarityOptions, Tensor cosine_similarity(Operand, Operand, ...));

struct PairwiseDistanceOptions {
  /// Exponent of the p-norm. Must be positive; infinity gives the largest absolute difference.
  double p = 2;
  /// Added to each difference, so that the distance of equal vectors has a derivative.
  double eps = 1e-6;
  /// Keep the last axis, with length 1.
  bool keepdims = false;
};

/// Distance (Σ |a - b + eps|^p)^(1/p) along the last axis, which is dropped: one value per pair of vectors. a and b broadcast. Where the
/// distance is exactly 0 the derivative is taken as 0; at p = infinity, differences that share the largest size share the gradient equally.
/// Throws Error unless p > 0, ShapeError where a and b do not broadcast, DtypeError unless both are float32 or both float64.
Tensor pairwise_distance(Operand a, Operand b, PairwiseDistanceOptions options = {});
REEL_NO_SUCH_OPTION(PairwiseDistanceOptions, Tensor pairwise_distance(Operand, Operand, ...));

struct CosineEmbeddingOptions {
  Reduction reduction = Reduction::mean;
  /// Similarity up to which pairs of label -1 have loss 0; usually from 0 to 1.
  double margin = 0;
};

/// Cosine embedding loss: the mean over all pairs of 1 - cos(a, b) where the label is 1 and max(0, cos(a, b) - margin) where it is -1, for
/// vectors a and b (..., d) of one shape and labels (...). As in PyTorch, 1e-12 is added to the squared lengths. Labels get no gradient.
/// Throws Error for a label that is not 1 or -1, ShapeError for shapes that do not fit, DtypeError unless all are float32 or all float64.
Tensor cosine_embedding_loss(Operand a, Operand b, Operand target, CosineEmbeddingOptions options = {});
REEL_NO_SUCH_OPTION(CosineEmbeddingOptions, Tensor cosine_embedding_loss(Operand, Operand, Operand, ...));

struct HingeEmbeddingOptions {
  Reduction reduction = Reduction::mean;
  /// Distance from which pairs of label -1 have loss 0.
  double margin = 1;
};

/// Hinge embedding loss: the mean over all elements of the distance where the label is 1 and max(0, margin - distance) where it is -1, for
/// distances (the prediction) and labels of one shape. Labels get no gradient. Throws Error for a label that is not 1 or -1, ShapeError
/// unless both have one shape, DtypeError unless both are float32 or both float64.
Tensor hinge_embedding_loss(Operand prediction, Operand target);
Tensor hinge_embedding_loss(Operand prediction, Operand target, HingeEmbeddingOptions options);
REEL_NO_SUCH_OPTION(HingeEmbeddingOptions, Tensor hinge_embedding_loss(Operand, Operand, ...));

struct TripletMarginOptions {
  Reduction reduction = Reduction::mean;
  /// How much farther the negative has to be than the positive for a loss of 0.
  double margin = 1;
  /// The options p and eps of pairwise_distance().
  double p = 2;
  double eps = 1e-6;
  /// Whether to use the distance between positive and negative where it is smaller than that between anchor and negative.
  bool swap = false;
};

/// Triplet margin loss (Balntas et al. 2016): the mean over all triplets of max(0, margin + distance(anchor, positive) - distance(anchor,
/// negative)), for vectors (..., d) of one shape; without reduction the result has shape (...). Distances are those of pairwise_distance().
/// Throws Error unless p > 0, ShapeError unless all have one shape, DtypeError unless all are float32 or all float64.
Tensor triplet_margin_loss(Operand anchor, Operand positive, Operand negative, TripletMarginOptions options = {});
REEL_NO_SUCH_OPTION(TripletMarginOptions, Tensor triplet_margin_loss(Operand, Operand, Operand, ...));

struct MarginRankingOptions {
  Reduction reduction = Reduction::mean;
  /// How far apart a and b have to be for a loss of 0.
  double margin = 0;
};

/// Margin ranking loss: the mean over all elements of max(0, margin - target·(a - b)), for a, b and labels of one shape. a should rank
/// above b where the label is 1, below b where it is -1. Labels get no gradient. Throws Error for a label that is not 1 or -1, ShapeError
/// unless all have one shape, DtypeError unless all are float32 or all float64.
Tensor margin_ranking_loss(Operand a, Operand b, Operand target, MarginRankingOptions options = {});
REEL_NO_SUCH_OPTION(MarginRankingOptions, Tensor margin_ranking_loss(Operand, Operand, Operand, ...));

}  // namespace reel::nn
