#pragma once
#include <reel/nn/module.hpp>

namespace reel::data {

/// Scales each feature column to mean 0 and standard deviation 1 (of the population, as scikit-learn does): (x - mean) / std. A constant
/// column is only centred. A module, so that it can be saved with the model or stand in front of it.
class Standardizer : public nn::Module {
 public:
  Tensor mean, std;  ///< (columns,)
  REEL_MEMBERS(mean, std)

  /// Learns mean and deviation from (rows, columns). Throws ShapeError without rows, Error for NaN or infinite values, naming the column.
  explicit Standardizer(const Tensor& features, SourceLocation at = SourceLocation::here());
  /// To be loaded: for this number of columns.
  explicit Standardizer(std::size_t columns, Dtype dtype = float32);

  Tensor forward(const Tensor& x) override;
  using Module::operator();
  /// A constant scaler can be called, too; it notes no output shape down, and what it records has no path.
  Tensor operator()(const Tensor& x, SourceLocation at = SourceLocation::here()) const;
  /// From scaled values back to the original ones.
  Tensor inverse(const Tensor& scaled, SourceLocation at = SourceLocation::here()) const;
  std::string description() const override;
};

/// Scales each feature column to the range from 0 to 1: (x - low) / (high - low). A constant column becomes 0. A module, as Standardizer.
class MinMaxScaler : public nn::Module {
 public:
  Tensor low, range;  ///< (columns,)
  REEL_MEMBERS(low, range)

  explicit MinMaxScaler(const Tensor& features, SourceLocation at = SourceLocation::here());
  explicit MinMaxScaler(std::size_t columns, Dtype dtype = float32);

  Tensor forward(const Tensor& x) override;
  using Module::operator();
  Tensor operator()(const Tensor& x, SourceLocation at = SourceLocation::here()) const;
  Tensor inverse(const Tensor& scaled, SourceLocation at = SourceLocation::here()) const;
  std::string description() const override;
};

}  // namespace reel::data
