#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>
#include <map>
#include <type_traits>
#include <utility>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/io/csv.hpp>
#include <reel/core/io/detail/csv_number.hpp>
#include <reel/core/io/detail/names.hpp>

namespace reel::io {

std::size_t Table::find(const Column& which) const {
  const std::size_t n = columns_.size();
  if (!which.by_name()) {
    const std::ptrdiff_t count = static_cast<std::ptrdiff_t>(n), i = which.position();
    if (i < -count || i >= count)
      throw IoError(
          fmt::format("column {} is not in {}; it has {} columns (allowed: {} to {}){}", i, file_, n, -count, count - 1, delimiter_hint_));
    return static_cast<std::size_t>(i < 0 ? i + count : i);
  }
  const auto found = std::find(columns_.begin(), columns_.end(), which.name());
  if (found == columns_.end()) {
    const std::string meant = closest(which.name(), columns_);
    throw IoError(fmt::format("column {} is not in {}; it has {}{}{}", in_quotes(which.name()), file_, list_of(columns_),
                              meant.empty() ? "" : fmt::format("; did you mean {}?", in_quotes(meant)), delimiter_hint_));
  }
  const auto again = std::find(found + 1, columns_.end(), which.name());
  if (again != columns_.end())
    throw IoError(fmt::format("column {} of {} is ambiguous: columns {} and {} have that name; choose by position", in_quotes(which.name()),
                              file_, found - columns_.begin(), again - columns_.begin()));
  return static_cast<std::size_t>(found - columns_.begin());
}

std::vector<std::size_t> Table::positions(const std::vector<Column>& columns) const {
  std::vector<std::size_t> result;
  for (const Column& which : columns) result.push_back(find(which));
  if (columns.empty())
    for (std::size_t i = 0; i < columns_.size(); ++i) result.push_back(i);
  return result;
}

std::string_view Table::cell(std::size_t row, std::size_t column) const {
  return text_.data() + rows_[row] + cells_[row * columns_.size() + column];
}

void Table::add_row(std::size_t begin, std::size_t line) {
  if (jumps_.empty() || line != jumps_.back().line + (rows() - jumps_.back().row)) jumps_.push_back({rows(), line});
  rows_.push_back(begin);
}

std::size_t Table::line(std::size_t row) const {
  const auto after = std::upper_bound(jumps_.begin(), jumps_.end(), row, [](std::size_t r, const LineJump& jump) { return r < jump.row; });
  return std::prev(after)->line + (row - std::prev(after)->row);
}

std::size_t Table::column(const Column& which, SourceLocation at) const {
  return detail::placed(at, [&] { return find(which); });
}

std::string_view Table::text(std::size_t row, const Column& which, SourceLocation at) const& {
  return detail::placed(at, [&] {
    if (row >= rows()) throw IoError(fmt::format("row {} is not in {}; it has {} rows", row, file_, rows()));
    return cell(row, find(which));
  });
}

bool Table::is_missing(std::size_t row, const Column& which, SourceLocation at) const {
  return stands_for_missing(trim(text(row, which, at)));
}

bool Table::stands_for_missing(std::string_view trimmed) const {
  return std::find(missing_.begin(), missing_.end(), trimmed) != missing_.end();
}

std::string Table::place(std::size_t row, std::size_t column) const {
  return fmt::format("{}:{}: column {}", file_, line(row), in_quotes(columns_[column]));
}

/// Returns a hint about a text that is not a number.
std::string Table::number_hint(std::string_view text) const {
  if (!delimiter_hint_.empty()) return delimiter_hint_;
  const char other = decimal_ == '.' ? ',' : '.';
  double value = 0;
  if (parse_number(text, other, value) == std::errc::invalid_argument) return {};
  return fmt::format("; with '{0}' as the decimal mark it is one, which .decimal = '{0}' says", other);
}

/// Stores one cell and returns whether the row is kept.
template <class T>
bool Table::number(std::size_t row, std::size_t column, MissingPolicy policy, T& value) const {
  const std::string_view text = trim(cell(row, column));
  if (stands_for_missing(text) || is_not_finite(text)) {
    if (policy == MissingPolicy::error)
      throw IoError(
          fmt::format("{} has no value ({}); MissingPolicy::nan and MissingPolicy::drop allow that", place(row, column), in_quotes(text)));
    if constexpr (std::is_floating_point_v<T>) value = std::numeric_limits<T>::quiet_NaN();
    return policy != MissingPolicy::drop;
  }
  if (const char* const why = convert(text, decimal_, value))
    throw IoError(fmt::format("{} holds {}, {}{}", place(row, column), in_quotes(text), why,
                              why == not_a_number ? number_hint(text) : std::string()));
  return true;
}

Array Table::all_numbers(const std::vector<Column>& columns, Dtype dtype, MissingPolicy policy) const {
  if (policy == MissingPolicy::nan && !is_floating(dtype))
    throw DtypeError(fmt::format("numbers: {} has no NaN for the missing cells of {}; use float32 or float64, or drop their rows",
                                 name_of(dtype), file_));
  const std::vector<std::size_t> chosen = positions(columns);
  Array all({rows(), chosen.size()}, dtype);
  std::size_t kept = 0;
  visit(dtype, [&](auto t) {
    auto* const values = all.mutable_data<decltype(t)>();
    for (std::size_t row = 0; row < rows(); ++row) {
      bool stays = true;
      for (std::size_t i = 0; i < chosen.size() && stays; ++i) stays = number(row, chosen[i], policy, values[kept * chosen.size() + i]);
      if (stays) ++kept;
    }
  });
  if (kept == rows()) return all;
  if (kept == 0) throw IoError(fmt::format("{}: every row has a missing cell, so none is left", file_));
  Array result({kept, chosen.size()}, dtype);
  std::memcpy(result.mutable_raw(), all.raw(), result.bytes());
  return result;
}

Array Table::numbers(const std::vector<Column>& columns, Dtype dtype, MissingPolicy policy, SourceLocation at) const {
  return detail::placed(at, [&] { return all_numbers(columns, dtype, policy); });
}

Classes Table::all_classes(std::size_t column) const {
  std::map<std::string_view, std::int64_t> labels;
  for (std::size_t row = 0; row < rows(); ++row) {
    const std::string_view text = trim(cell(row, column));
    if (stands_for_missing(text))
      throw IoError(fmt::format("{} has no value ({}); a row needs a class", place(row, column), in_quotes(text)));
    labels.try_emplace(text, 0);
  }
  std::vector<std::pair<double, std::string_view>> order;  // by value and then text; without numbers all values are 0
  bool numeric = true;
  for (const auto& [name, label] : labels) {
    double value = 0;
    numeric = numeric && parse_number(name, decimal_, value) != std::errc::invalid_argument && std::isfinite(value);
    order.emplace_back(value, name);
  }
  if (numeric) std::sort(order.begin(), order.end());
  Classes result{Array({rows()}, int64), {}};
  for (const auto& [value, name] : order) {
    labels[name] = static_cast<std::int64_t>(result.names.size());
    result.names.emplace_back(name);
  }
  auto* const values = result.labels.mutable_data<std::int64_t>();
  for (std::size_t row = 0; row < rows(); ++row) values[row] = labels.at(trim(cell(row, column)));
  return result;
}

Classes Table::classes(const Column& which, SourceLocation at) const {
  return detail::placed(at, [&] { return all_classes(find(which)); });
}

Table Table::complete_rows(const std::vector<Column>& columns) const {
  const std::vector<std::size_t> chosen = positions(columns);
  const std::size_t n = columns_.size();
  Table result = *this;
  result.cells_.clear();
  result.rows_.clear();
  result.jumps_.clear();
  for (std::size_t row = 0; row < rows(); ++row) {
    // As numbers() does it, so that a row which is dropped there is dropped here, for all columns.
    const auto is_missing = [&](std::size_t c) { return stands_for_missing(trim(cell(row, c))) || is_not_finite(trim(cell(row, c))); };
    if (std::any_of(chosen.begin(), chosen.end(), is_missing)) continue;
    for (std::size_t i = 0; i < n; ++i) result.cells_.push_back(cells_[row * n + i]);
    result.add_row(rows_[row], line(row));
  }
  if (result.rows() == 0) throw IoError(fmt::format("{}: every row has a missing cell, so none is left", file_));
  return result;
}

Table Table::without_missing(const std::vector<Column>& columns, SourceLocation at) const {
  return detail::placed(at, [&] { return complete_rows(columns); });
}

}  // namespace reel::io
