#pragma once
#include <reel/nn/module.hpp>

namespace reel::data {

/// Scales each feature column to mean 0 and standard deviation 1 (of the population, as in scikit-learn): (x - mean) / std. A constant
/// column is only centred. The scaler is a module, so that it can be saved with the model or be its first layer.
class Standardizer : public nn::Module {
 public:
  Tensor mean, std;  ///< (columns,)
  REEL_MEMBERS(mean, std)

  /// Learns mean and standard deviation from features (rows, columns). Throws ShapeError for no rows, Error for NaN or infinite values,
  /// naming the column.
  explicit Standardizer(const Tensor& features, SourceLocation at = SourceLocation::here());
  /// A scaler of this number of columns, whose values are to be loaded.
  explicit Standardizer(std::size_t columns, Dtype dtype = float32);

  Tensor forward(const Tensor& x) override;
  using Module::operator();
  /// A const scaler can be called, too; it then notes no output shape for the summary, and its ops have no path.
  Tensor operator()(const Tensor& x, SourceLocation at = SourceLocation::here()) const;
  /// Maps scaled values back to the original ones.
  Tensor inverse(const Tensor& scaled, SourceLocation at = SourceLocation::here()) const;
  std::string description() const override;
};

/// Scales each feature column to the range from 0 to 1: (x - low) / (high - low). A constant column becomes 0. A module with the same
/// functions and errors as Standardizer.
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
