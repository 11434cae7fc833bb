#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <reel/autograd/tensor.hpp>
#include <reel/core/io/csv.hpp>
#include <reel/core/mistake.hpp>

namespace reel::data {

/// Samples along the first axis: features and targets of one length.
struct Dataset {
  Tensor features;
  Tensor targets;
  std::vector<std::string> feature_names = {};  ///< names of the feature columns; empty where unknown
  std::vector<std::string> class_names = {};    ///< names of the classes 0, 1, ... of int64 targets; empty where unknown

  /// The number of samples.
  std::size_t size() const;
  /// The samples at these indices, in this order. Throws ShapeError for an index out of range.
  Dataset take(std::span<const std::int64_t> samples, SourceLocation at = SourceLocation::here()) const;
  /// Throws ShapeError unless features and targets have the same length.
  void check(SourceLocation at = SourceLocation::here()) const;
};

struct ReadCsvOptions {
  /// The column to predict, by name or index (negative indices count from the back). All columns but this one and those of `drop` are
  /// features.
  io::Column target = -1;
  /// Columns that are not read, such as names and row numbers; they may hold any text or none.
  std::vector<io::Column> drop = {};
  /// Whether targets are classes: int64 of shape (rows,), numbered in the sorted order of their names. Otherwise numbers of shape (rows,
  /// 1).
  bool classes = false;
  Dtype dtype = float32;
  io::MissingPolicy missing = io::MissingPolicy::error;
  io::CsvOptions csv = {};
};

/// Reads a CSV file as a data set: features (rows, columns - 1 - dropped columns). A target column of text needs `.classes = true`. Throws
/// IoError, naming file, line and column, for a cell that is not a number, is missing (unless `.missing` allows it) or does not fit the
/// dtype.
Dataset read_csv(const std::string& path, const ReadCsvOptions& options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(ReadCsvOptions, Dataset read_csv(const std::string&, ...));

struct SplitOptions {
  /// Share of the samples that become the test set.
  double test_fraction = 0.25;
  /// Whether samples are drawn at random (manual_seed); otherwise the last samples are the test set.
  bool shuffle = true;
};

struct Split {
  Dataset train, test;
};

/// Splits a data set into two parts, neither of them empty. Throws Error where that is impossible.
Split split(const Dataset& dataset, SplitOptions options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(SplitOptions, Split split(const Dataset&, ...));

}  // namespace reel::data
