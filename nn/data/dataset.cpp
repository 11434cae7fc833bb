#include <reel/nn/data/dataset.hpp>

#include <cmath>

#include <fmt/format.h>
#include <reel/core/io/detail/names.hpp>
#include <reel/core/kernels/manipulation.hpp>
#include <reel/core/random.hpp>

namespace reel::data {

namespace {

Tensor take_rows(const Tensor& t, std::span<const std::int64_t> rows) { return Tensor(kernels::take_rows(t.value(), rows)); }

Tensor numbers_of_target(const io::Table& table, std::size_t target, const ReadCsvOptions& options) {
  try {
    return Tensor(table.numbers({io::Column(target)}, options.dtype, options.missing, {}));
  } catch (const IoError& error) {
    const std::string text = error.what();
    if (text.find("which is not a number") == text.npos) throw;
    throw IoError(text + "; if the target is a class, read it with .classes = true");
  }
}

std::size_t size_of_test(const Dataset& dataset, const SplitOptions& options) {
  dataset.check({});
  const std::size_t n = dataset.size();
  if (!(options.test_fraction > 0 && options.test_fraction < 1))
    throw Error(fmt::format("split: test_fraction is {}; it has to lie between 0 and 1", options.test_fraction));
  const auto tests = static_cast<std::size_t>(std::lround(options.test_fraction * static_cast<double>(n)));
  if (tests == 0 || tests == n)
    throw Error(fmt::format("split: {} samples at a test_fraction of {} leave one part empty", n, options.test_fraction));
  return tests;
}

}  // namespace

std::size_t Dataset::size() const { return !features.defined() || features.rank() == 0 ? 0 : features.shape()[0]; }

void Dataset::check(SourceLocation at) const {
  reel::detail::placed(at, [this] {
    if (!features.defined() || !targets.defined())
      throw ShapeError(fmt::format("Dataset: it has no {}", features.defined() ? "targets" : "features"));
    if (features.rank() == 0 || targets.rank() == 0 || features.shape()[0] != targets.shape()[0])
      throw ShapeError(fmt::format("Dataset: features are {} and targets are {}; both need one length along the first axis",
                                   features.shape(), targets.shape()));
  });
}

Dataset Dataset::take(std::span<const std::int64_t> samples, SourceLocation at) const {
  return reel::detail::placed(at, [&] {
    return Dataset{take_rows(features, samples), take_rows(targets, samples), feature_names, class_names};
  });
}

namespace {

Dataset read(const std::string& path, const ReadCsvOptions& options) {
  io::Table table = io::read_csv(path, options.csv, {});
  const std::size_t target = table.column(options.target, {});
  std::vector<bool> left_out(table.columns().size());
  for (const io::Column& which : options.drop) left_out[table.column(which, {})] = true;
  if (left_out[target])
    throw IoError(fmt::format("{}: the target {} is among the columns to be left out", path, io::in_quotes(table.columns()[target])));
  Dataset result;
  std::vector<io::Column> columns;
  for (std::size_t i = 0; i < table.columns().size(); ++i) {
    if (i == target || left_out[i]) continue;
    columns.emplace_back(i);
    result.feature_names.push_back(table.columns()[i]);
  }
  if (columns.empty())
    throw IoError(fmt::format("{}: no column is left besides the target, so there are no features{}", path, table.delimiter_hint()));
  if (options.missing == io::MissingPolicy::drop) {
    std::vector<io::Column> needed = columns;
    needed.emplace_back(target);
    table = table.without_missing(needed, {});
  }
  result.features = Tensor(table.numbers(columns, options.dtype, options.missing, {}));
  if (options.classes) {
    io::Classes classes = table.classes(io::Column(target), {});
    result.targets = Tensor(std::move(classes.labels));
    result.class_names = std::move(classes.names);
  } else {
    result.targets = numbers_of_target(table, target, options);
  }
  return result;
}

}  // namespace

Dataset read_csv(const std::string& path, const ReadCsvOptions& options, SourceLocation at) {
  return reel::detail::placed(at, [&] { return read(path, options); });
}

Split split(const Dataset& dataset, SplitOptions options, SourceLocation at) {
  const std::size_t n = dataset.size();
  const std::size_t tests = reel::detail::placed(at, [&] { return size_of_test(dataset, options); });
  const Array order = options.shuffle ? kernels::permutation(n, kernels::reserve(n)) : Array::range(0, static_cast<std::int64_t>(n));
  const auto rows = order.span<std::int64_t>();
  return {dataset.take(rows.first(n - tests), at), dataset.take(rows.last(tests), at)};
}

}  // namespace reel::data
