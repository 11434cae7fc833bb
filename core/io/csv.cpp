#include <reel/core/io/csv.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/io/file.hpp>
#include <reel/core/io/names.hpp>

namespace reel::io {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Line ends in a piece of text: LF, CRLF or CR.
std::size_t count_lines(std::string_view text) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n'))) ++n;
  return n;
}

/// The number that a whole text stands for. std::from_chars knows no plus sign.
template <class T>
std::errc parse(std::string_view text, T& value) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return stop == end ? error : std::errc::invalid_argument;
}

bool equals_ignoring_case(std::string_view text, std::string_view lower_case) {
  return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b; });
}

/// Why a text, none that is_not_finite(), is no value of type T; nullptr where it is one, and then it is stored.
template <class T>
const char* convert(std::string_view text, T& value) {
  double number = 0;
  if constexpr (std::is_same_v<T, bool>) {
    if (equals_ignoring_case(text, "true") || equals_ignoring_case(text, "false")) {
      value = text.size() == 4;
      return nullptr;
    }
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    const std::errc error = parse(text, value);
    if (error == std::errc{}) return nullptr;
  }
  const std::errc error = parse(text, number);
  if (error == std::errc::result_out_of_range) return "which is out of float64's range";
  if (error != std::errc{}) return "which is not a number";
  if constexpr (std::is_same_v<T, bool>) {
    if (number != 0 && number != 1) return "which is not 0, 1, false or true";
    value = number != 0;
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    constexpr double exact = 9007199254740992;  // 2^53: beyond, a double does not say which integer was meant
    if (std::abs(number) > exact) return "which does not fit into int64 exactly";
    if (number != std::trunc(number)) return "which is not a whole number";
    value = static_cast<std::int64_t>(number);
  } else {
    constexpr double largest = std::numeric_limits<T>::max();
    if (std::abs(number) > largest) return "which is out of float32's range";
    value = static_cast<T>(number);
  }
  return nullptr;
}

/// Whether a text is NaN or an infinity, in any spelling that stands for one.
bool is_not_finite(std::string_view text) {
  // Most cells are numbers: only a letter in front can begin one of these.
  const std::size_t sign = !text.empty() && (text[0] == '+' || text[0] == '-') ? 1 : 0;
  if (text.size() <= sign || std::strchr("nNiI", text[sign]) == nullptr) return false;
  double number = 0;
  return parse(text, number) == std::errc{} && !std::isfinite(number);
}

}  // namespace

/// One pass over the text, which is changed in place: quotes are taken away and each cell gets a NUL behind it.
class CsvReader {
 public:
  CsvReader(std::string text, const std::string& name, const CsvOptions& options);
  Table read();

 private:
  [[noreturn]] void fail(std::size_t line, std::string_view why) const { throw IoError(fmt::format("{}:{}: {}", table_.file_, line, why)); }
  void check_text() const;
  void skip_empty_lines();
  void read_row();
  void read_plain_cell();
  void read_quoted_cell();
  void end_line(char first);
  void keep_row(std::size_t line, std::size_t cells);
  void name_columns(std::size_t cells);

  Table table_;
  std::string& text_ = table_.text_;
  char delimiter_;
  bool header_;
  bool named_ = false;
  std::array<bool, 256> special_{};
  std::size_t position_ = 0;
  std::size_t line_ = 1;
};

CsvReader::CsvReader(std::string text, const std::string& name, const CsvOptions& options)
    : delimiter_(options.delimiter), header_(options.header) {
  if (std::string_view("\"\n\r\0", 4).find(delimiter_) != std::string_view::npos)
    throw Error(fmt::format("read_csv: the delimiter is {}; it cannot be a quote, a line end or NUL", in_quotes({&delimiter_, 1})));
  table_.file_ = name;
  table_.missing_ = options.missing;
  text_ = std::move(text);
  for (const char c : {delimiter_, '\n', '\r', '"', '\0'}) special_[static_cast<unsigned char>(c)] = true;
}

Table CsvReader::read() {
  check_text();
  if (text_.starts_with(byte_order_mark)) position_ = byte_order_mark.size();
  for (skip_empty_lines(); position_ < text_.size(); skip_empty_lines()) read_row();
  if (!named_) throw IoError(fmt::format("{}: the file is empty; a table needs at least one row", table_.file_));
  if (table_.rows() == 0) throw IoError(fmt::format("{}: the file has a header and no rows", table_.file_));
  return std::move(table_);
}

/// NUL marks the ends of cells, and a file with NUL bytes is no text anyway.
void CsvReader::check_text() const {
  const std::size_t nul = text_.find('\0');
  if (nul == std::string::npos) return;
  fail(1 + count_lines(std::string_view(text_).substr(0, nul)), "a NUL byte; the file is binary or UTF-16, not CSV text");
}

void CsvReader::skip_empty_lines() {
  while (text_[position_] == '\n' || text_[position_] == '\r') end_line(text_[position_]);
}

void CsvReader::end_line(char first) {
  ++position_;
  if (first == '\r' && text_[position_] == '\n') ++position_;
  ++line_;
}

void CsvReader::read_row() {
  const std::size_t line = line_;
  for (std::size_t cells = 1;; ++cells) {
    if (text_[position_] == '"') read_quoted_cell();
    else read_plain_cell();
    const char next = std::exchange(text_[position_], '\0');
    if (next == delimiter_) {
      ++position_;
      continue;
    }
    if (next != '\0') end_line(next);
    return keep_row(line, cells);
  }
}

void CsvReader::read_plain_cell() {
  table_.cells_.push_back(position_);
  while (!special_[static_cast<unsigned char>(text_[position_])]) ++position_;
  if (text_[position_] == '"') fail(line_, "a quote inside a cell; such a cell needs quotes around it, and the quote doubled");
}

void CsvReader::read_quoted_cell() {
  const std::size_t begin = position_ + 1;
  std::size_t write = begin, read = begin;
  table_.cells_.push_back(begin);
  while (true) {
    const std::size_t quote = text_.find('"', read);
    if (quote == std::string::npos) fail(line_, "the quote that begins here is never closed");
    if (write != read) std::memmove(&text_[write], &text_[read], quote - read);
    write += quote - read;
    read = quote + 1;
    if (text_[read] != '"') break;
    text_[write++] = '"';
    ++read;
  }
  text_[write] = '\0';
  position_ = read;
  line_ += count_lines({&text_[begin], write - begin});
  const char next = text_[position_];
  if (next != delimiter_ && next != '\n' && next != '\r' && next != '\0')
    fail(line_, fmt::format("{} after a closing quote; a delimiter or the line's end belongs there", in_quotes({&next, 1})));
}

void CsvReader::keep_row(std::size_t line, std::size_t cells) {
  if (!named_) {
    name_columns(cells);
    if (header_) return;
  }
  const std::size_t expected = table_.columns_.size();
  if (cells != expected) fail(line, fmt::format("found {} cell{}, expected {}", cells, cells == 1 ? "" : "s", expected));
  table_.lines_.push_back(line);
}

void CsvReader::name_columns(std::size_t cells) {
  named_ = true;
  for (std::size_t i = 0; i < cells; ++i)
    table_.columns_.push_back(header_ ? std::string(trim(text_.data() + table_.cells_[i])) : std::to_string(i));
  if (header_) table_.cells_.clear();
}

std::size_t Table::column(const Column& which) const {
  const std::size_t n = columns_.size();
  if (!which.by_name()) {
    const std::ptrdiff_t count = static_cast<std::ptrdiff_t>(n), i = which.position();
    if (i < -count || i >= count)
      throw IoError(fmt::format("column {} is not in {}; it has {} columns (allowed: {} to {})", i, file_, n, -count, count - 1));
    return static_cast<std::size_t>(i < 0 ? i + count : i);
  }
  const auto found = std::find(columns_.begin(), columns_.end(), which.name());
  if (found == columns_.end()) {
    const std::string meant = closest(which.name(), columns_);
    throw IoError(fmt::format("column {} is not in {}; it has {}{}", in_quotes(which.name()), file_, list_of(columns_),
                              meant.empty() ? "" : fmt::format("; did you mean {}?", in_quotes(meant))));
  }
  const auto again = std::find(found + 1, columns_.end(), which.name());
  if (again != columns_.end())
    throw IoError(fmt::format("column {} of {} is ambiguous: columns {} and {} have that name; choose by position", in_quotes(which.name()),
                              file_, found - columns_.begin(), again - columns_.begin()));
  return static_cast<std::size_t>(found - columns_.begin());
}

std::vector<std::size_t> Table::positions(const std::vector<Column>& columns) const {
  std::vector<std::size_t> result;
  for (const Column& which : columns) result.push_back(column(which));
  if (columns.empty())
    for (std::size_t i = 0; i < columns_.size(); ++i) result.push_back(i);
  return result;
}

std::string_view Table::cell(std::size_t row, std::size_t column) const { return text_.data() + cells_[row * columns_.size() + column]; }

std::string_view Table::text(std::size_t row, const Column& which) const& {
  if (row >= rows()) throw IoError(fmt::format("row {} is not in {}; it has {} rows", row, file_, rows()));
  return cell(row, column(which));
}

bool Table::is_missing(std::size_t row, const Column& which) const { return stands_for_missing(trim(text(row, which))); }

bool Table::stands_for_missing(std::string_view trimmed) const {
  return std::find(missing_.begin(), missing_.end(), trimmed) != missing_.end();
}

std::string Table::place(std::size_t row, std::size_t column) const {
  return fmt::format("{}:{}: column {}", file_, lines_[row], in_quotes(columns_[column]));
}

/// Whether the row stays.
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
  if (const char* const why = convert(text, value)) throw IoError(fmt::format("{} holds {}, {}", place(row, column), in_quotes(text), why));
  return true;
}

Array Table::numbers(const std::vector<Column>& columns, Dtype dtype, MissingPolicy policy) const {
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

Classes Table::classes(const Column& which) const {
  const std::size_t column = this->column(which);
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
    numeric = numeric && parse(name, value) == std::errc{} && std::isfinite(value);
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

Table Table::without_missing(const std::vector<Column>& columns) const {
  const std::vector<std::size_t> chosen = positions(columns);
  const std::size_t n = columns_.size();
  Table result = *this;
  result.cells_.clear();
  result.lines_.clear();
  for (std::size_t row = 0; row < rows(); ++row) {
    // As numbers() does it, so that a row which is dropped there is dropped here, for all columns.
    const auto is_missing = [&](std::size_t c) { return stands_for_missing(trim(cell(row, c))) || is_not_finite(trim(cell(row, c))); };
    if (std::any_of(chosen.begin(), chosen.end(), is_missing)) continue;
    for (std::size_t i = 0; i < n; ++i) result.cells_.push_back(cells_[row * n + i]);
    result.lines_.push_back(lines_[row]);
  }
  if (result.rows() == 0) throw IoError(fmt::format("{}: every row has a missing cell, so none is left", file_));
  return result;
}

Table parse_csv(std::string text, const std::string& name, const CsvOptions& options) {
  return CsvReader(std::move(text), name, options).read();
}

Table read_csv(const std::string& path, const CsvOptions& options) { return parse_csv(read_file(path), path, options); }

}  // namespace reel::io
