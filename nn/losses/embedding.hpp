#pragma once
#include <reel/core/mistake.hpp>
#include <reel/nn/losses/options.hpp>

/// How far vectors are apart, and losses of it.
namespace reel::nn {

struct CosineSimilarityOptions {
  std::ptrdiff_t axis = -1;
  /// A vector shorter than this counts as that long, so that a vector of zeros has similarity 0 and a finite gradient.
  double eps = 1e-8;
};

/// a·b / (‖a‖·‖b‖) along one axis, which is dropped; a and b broadcast. Of one floating dtype.
Tensor cosine_similarity(Operand a, Operand b, CosineSimilarityOptions options = {});
REEL_NO_SUCH_OPTION(CosineSimilarityOptions, Tensor cosine_similarity(Operand, Operand, ...));

struct PairwiseDistanceOptions {
  /// Above 0; infinity gives the largest difference.
  double p = 2;
  /// Added to each difference, so that the distance of equal vectors has a derivative.
  double eps = 1e-6;
  /// Keep the last axis, with length 1.
  bool keepdims = false;
};

/// (Σ |a - b + eps|^p)^(1/p) along the last axis, which is dropped; a and b broadcast. Where the distance is exactly 0 the derivative is
/// taken as 0; at p = infinity, differences that share the largest size share the gradient equally. Of one floating dtype.
Tensor pairwise_distance(Operand a, Operand b, PairwiseDistanceOptions options = {});
REEL_NO_SUCH_OPTION(PairwiseDistanceOptions, Tensor pairwise_distance(Operand, Operand, ...));

struct CosineEmbeddingOptions {
  Reduction reduction = Reduction::mean;
  double margin = 0;
};

/// For vectors a and b (..., d) and labels (...): 1 - cos(a, b) where the label is 1, max(0, cos(a, b) - margin) where it is -1. As in
/// PyTorch, 1e-12 is added to the squared lengths. Labels get no gradient; a label that is not 1 or -1 is an Error.
Tensor cosine_embedding_loss(Operand a, Operand b, Operand target, CosineEmbeddingOptions options = {});
REEL_NO_SUCH_OPTION(CosineEmbeddingOptions, Tensor cosine_embedding_loss(Operand, Operand, Operand, ...));

struct HingeEmbeddingOptions {
  Reduction reduction = Reduction::mean;
  double margin = 1;
};

/// Of a distance: the distance where the label is 1, max(0, margin - distance) where it is -1. Labels get no gradient; one that is
/// not 1 or -1 is an Error.
Tensor hinge_embedding_loss(Operand prediction, Operand target);
Tensor hinge_embedding_loss(Operand prediction, Operand target, HingeEmbeddingOptions options);
REEL_NO_SUCH_OPTION(HingeEmbeddingOptions, Tensor hinge_embedding_loss(Operand, Operand, ...));

struct TripletMarginOptions {
  Reduction reduction = Reduction::mean;
  double margin = 1;
  /// As pairwise_distance's.
  double p = 2;
  double eps = 1e-6;
  /// Take the negative's distance to the positive instead of that to the anchor, where it is smaller.
  bool swap = false;
};

/// max(0, margin + distance(anchor, positive) - distance(anchor, negative)), for vectors (..., d) of one shape; the losses have shape
/// (...).
Tensor triplet_margin_loss(Operand anchor, Operand positive, Operand negative, TripletMarginOptions options = {});
REEL_NO_SUCH_OPTION(TripletMarginOptions, Tensor triplet_margin_loss(Operand, Operand, Operand, ...));

struct MarginRankingOptions {
  Reduction reduction = Reduction::mean;
  double margin = 0;
};

/// max(0, margin - target·(a - b)): a should rank above b where the label is 1, below where it is -1. Labels get no gradient; one that is
/// not 1 or -1 is an Error.
Tensor margin_ranking_loss(Operand a, Operand b, Operand target, MarginRankingOptions options = {});
REEL_NO_SUCH_OPTION(MarginRankingOptions, Tensor margin_ranking_loss(Operand, Operand, Operand, ...));

}  // namespace reel::nn
