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
  std::vector<std::string> feature_names = {};  ///< of the columns, where they are known
  std::vector<std::string> class_names = {};    ///< of the int64 targets 0, 1, ..., where they are classes

  std::size_t size() const;
  /// The samples of these numbers, in this order. Throws ShapeError out of range.
  Dataset take(std::span<const std::int64_t> samples, SourceLocation at = SourceLocation::here()) const;
  /// Throws ShapeError unless features and targets have one length.
  void check(SourceLocation at = SourceLocation::here()) const;
};

struct ReadCsvOptions {
  /// The column to predict, by name or number (negative from the back); all others are features, but those to be left out.
  io::Column target = -1;
  /// Columns that are not read, such as names and numbers of rows; what they hold does not matter, nor what they lack.
  std::vector<io::Column> drop = {};
  /// Targets are classes: int64 of shape (rows,), numbered in the order of their names. Otherwise numbers of shape (rows, 1).
  bool classes = false;
  Dtype dtype = float32;
  io::MissingPolicy missing = io::MissingPolicy::error;
  io::CsvOptions csv = {};
};

/// A table of numbers as a data set: features (rows, columns - 1 - those dropped). A target column of text needs `.classes = true`. Throws
/// IoError naming file, line and column for what is not a number, is missing (unless `.missing` says what to do) or does not fit.
Dataset read_csv(const std::string& path, const ReadCsvOptions& options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(ReadCsvOptions, Dataset read_csv(const std::string&, ...));

struct SplitOptions {
  double test_fraction = 0.25;
  /// In random order (manual_seed); otherwise the last samples are the test set.
  bool shuffle = true;
};

struct Split {
  Dataset train, test;
};

/// Two parts, none of them empty. Throws Error when that cannot be.
Split split(const Dataset& dataset, SplitOptions options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(SplitOptions, Split split(const Dataset&, ...));

}  // namespace reel::data
