#pragma once
#include <reel/core/mistake.hpp>
#include <reel/nn/module.hpp>

/// What tells a transformer where in a sequence each element stands.
namespace reel::nn {

/// (length, features): sin(t / 10000^(2i/features)) in column 2i and cos of the same in column 2i + 1 (Vaswani et al. 2017).
Tensor sinusoidal_encoding(Integer length, Integer features, Dtype dtype = float32, SourceLocation at = SourceLocation::here());

struct PositionalEncodingOptions {
  /// The probability with which elements of the sum are dropped while training.
  double dropout = 0;
  /// x is (N, length, features) instead of (length, N, features).
  bool batch_first = false;
};

/// x plus sinusoidal_encoding(), of any length.
class SinusoidalPositionalEncoding : public Module {
 public:
  REEL_MEMBERS()

  explicit SinusoidalPositionalEncoding(Integer features, PositionalEncodingOptions options = {},
                                        SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(PositionalEncodingOptions, explicit SinusoidalPositionalEncoding(Integer, ...));
  /// Throws ShapeError unless x has three axes and so many features.
  Tensor forward(const Tensor& x) override;
  std::string description() const override;

 private:
  std::size_t features_;
  PositionalEncodingOptions options_;
};

/// x plus a weight for each position, which is learned (Gehring et al. 2017); it begins normal, with deviation 0.02.
class LearnedPositionalEncoding : public Module {
 public:
  Parameter weight;  ///< (max_length, features)
  REEL_MEMBERS(weight)

  LearnedPositionalEncoding(Integer max_length, Integer features, PositionalEncodingOptions options = {},
                            SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(PositionalEncodingOptions, LearnedPositionalEncoding(Integer, Integer, ...));
  /// Throws ShapeError unless x has three axes, so many features and at most max_length steps.
  Tensor forward(const Tensor& x) override;
  std::string description() const override;

 private:
  PositionalEncodingOptions options_;
};

/// Queries or keys (..., length, features of a head) turned by an angle that grows with the position t: features i and i + half are the
/// plane that is turned by t / base^(i/half), so that a query's product with a key depends on their distance alone (Su et al. 2021).
class RotaryEmbedding : public Module {
 public:
  REEL_MEMBERS()

  /// Throws ShapeError unless features is even and 2 or more.
  explicit RotaryEmbedding(Integer features, double base = 10000, SourceLocation at = SourceLocation::here());
  /// The first element stands at position `first`, for a sequence that is continued.
  Tensor operator()(const Tensor& x, Integer first = 0, SourceLocation at = SourceLocation::here());
  Tensor forward(const Tensor& x) override;
  std::string description() const override;

 private:
  Tensor turned(const Tensor& x, std::ptrdiff_t first) const;

  std::size_t half_;
  double base_;
};

}  // namespace reel::nn
