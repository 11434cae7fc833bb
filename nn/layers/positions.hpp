#pragma once
#include <reel/core/mistake.hpp>
#include <reel/nn/module.hpp>

/// Position encodings, which tell a transformer where in a sequence each element stands.
namespace reel::nn {

/// Sinusoidal position encoding, (length, features): row t has sin(t / 10000^(2i/features)) in column 2i and the cosine of the same angle
/// in column 2i + 1 (Vaswani et al. 2017).
Tensor sinusoidal_encoding(Integer length, Integer features, Dtype dtype = float32, SourceLocation at = SourceLocation::here());

struct PositionalEncodingOptions {
  /// Probability, at least 0 and below 1, with which elements of the sum are dropped in training.
  double dropout = 0;
  /// Whether x is (N, length, features) instead of (length, N, features).
  bool batch_first = false;
};

/// Adds sinusoidal_encoding() to x, a sequence of any length.
class SinusoidalPositionalEncoding : public Module {
 public:
  REEL_MEMBERS()

  explicit SinusoidalPositionalEncoding(Integer features, PositionalEncodingOptions options = {},
                                        SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(PositionalEncodingOptions, explicit SinusoidalPositionalEncoding(Integer, ...));
  /// Throws ShapeError unless x has three axes and `features` features.
  Tensor forward(const Tensor& x) override;
  std::string description() const override;

 private:
  std::size_t features_;
  PositionalEncodingOptions options_;
};

/// Adds a learned vector per position to x (Gehring et al. 2017), initially normal with standard deviation 0.02.
class LearnedPositionalEncoding : public Module {
 public:
  Parameter weight;  ///< (max_length, features)
  REEL_MEMBERS(weight)

  LearnedPositionalEncoding(Integer max_length, Integer features, PositionalEncodingOptions options = {},
                            SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(PositionalEncodingOptions, LearnedPositionalEncoding(Integer, Integer, ...));
  /// Throws ShapeError unless x has three axes, `features` features and at most max_length steps.
  Tensor forward(const Tensor& x) override;
  std::string description() const override;

 private:
  PositionalEncodingOptions options_;
};

/// Rotary position embedding (Su et al. 2021). Rotates queries or keys (..., length, features of a head) by angles proportional to the
/// position t: the plane of features i and i + half is rotated by t / base^(i/half), where half = features / 2, so that the product of a
/// query and a key depends only on the distance between them.
class RotaryEmbedding : public Module {
 public:
  REEL_MEMBERS()

  /// Throws ShapeError unless features is even and 2 or more.
  explicit RotaryEmbedding(Integer features, double base = 10000, SourceLocation at = SourceLocation::here());
  /// The first element has position `first`, for a sequence that is continued.
  Tensor operator()(const Tensor& x, Integer first = 0, SourceLocation at = SourceLocation::here());
  Tensor forward(const Tensor& x) override;
  std::string description() const override;

 private:
  Tensor turned(const Tensor& x, std::ptrdiff_t first) const;

  std::size_t half_;
  double base_;
};

}  // namespace reel::nn
