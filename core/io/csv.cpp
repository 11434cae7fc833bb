#include <reel/core/io/csv.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/io/detail/csv_number.hpp>
#include <reel/core/io/detail/foreign.hpp>
#include <reel/core/io/detail/names.hpp>
#include <reel/core/io/file.hpp>

namespace reel::io {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// Counts the line ends in a piece of text: LF, CRLF or CR.
std::size_t count_lines(std::string_view text) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n'))) ++n;
  return n;
}

}  // namespace

/// Reads the text in one pass and changes it in place: removes quotes and ends each cell by a NUL.
class CsvReader {
 public:
  CsvReader(std::string text, const std::string& name, const CsvOptions& options);
  Table read();

 private:
  [[noreturn]] void fail(std::size_t line, std::string_view why) const {
    throw IoError(fmt::format("{}:{}: {}{}", table_.file_, line, why, looks_like(text_)));
  }
  void choose_delimiter();
  void check_text() const;
  void reserve();
  std::string hint(std::string_view one_line, std::string_view another) const;
  void skip_empty_lines();
  void read_row();
  void read_plain_cell();
  void read_quoted_cell();
  void end_line(char first);
  void add_cell(std::size_t begin);
  void keep_row(std::size_t line);
  void name_columns();

  Table table_;
  std::string& text_ = table_.text_;
  char delimiter_;
  bool header_;
  std::size_t row_begin_ = 0;
  std::size_t row_cells_ = 0;   // of the row that is being read
  std::size_t width_ = 0;       // cells of every row, known after the first
  std::string_view first_row_;  // in the text, which stays where it is
  std::vector<std::uint32_t> header_cells_;
  std::array<bool, 256> special_{};
  std::size_t position_ = 0;
  std::size_t line_ = 1;
};

constexpr std::string_view impossible_delimiters("\"\n\r\0", 4);
constexpr std::size_t most_columns = 10'000'000;

CsvReader::CsvReader(std::string text, const std::string& name, const CsvOptions& options)
    : delimiter_(options.delimiter), header_(options.header) {
  if (impossible_delimiters.find(delimiter_) != std::string_view::npos)
    throw Error(fmt::format("read_csv: the delimiter is {}; it cannot be a quote, a line end or NUL", in_quotes({&delimiter_, 1})));
  if (options.decimal != '.' && options.decimal != ',')
    throw Error(fmt::format("read_csv: the decimal mark is {}; it must be '.' or ','", in_quotes({&options.decimal, 1})));
  table_.file_ = name;
  table_.missing_ = options.missing;
  table_.decimal_ = options.decimal;
  text_ = std::move(text);
}

Table CsvReader::read() {
  check_text();
  if (text_.starts_with(byte_order_mark)) position_ = byte_order_mark.size();
  choose_delimiter();
  for (const char c : {delimiter_, '\n', '\r', '"', '\0'}) special_[static_cast<unsigned char>(c)] = true;
  reserve();
  for (skip_empty_lines(); position_ < text_.size(); skip_empty_lines()) read_row();
  if (width_ == 0) throw IoError(fmt::format("{}: the file is empty; a table needs at least one row", table_.file_));
  if (table_.rows() == 0) throw IoError(fmt::format("{}: the file has a header and no rows{}", table_.file_, looks_like(text_)));
  name_columns();
  return std::move(table_);
}

/// Excel's first line, which names the delimiter.
void CsvReader::choose_delimiter() {
  std::string_view line = std::string_view(text_).substr(position_);
  line = line.substr(0, line.find_first_of("\r\n"));
  const std::size_t bytes = line.size();
  if (line.starts_with('"') && line.ends_with('"')) line = line.substr(1, line.size() < 2 ? 0 : line.size() - 2);
  const bool names_one = line.size() == 5 && line.starts_with("sep=") && impossible_delimiters.find(line[4]) == line.npos &&
                         !std::isalnum(static_cast<unsigned char>(line[4]));
  if (names_one) {
    delimiter_ = line[4];
    position_ += bytes;
  }
  if (delimiter_ != table_.decimal_) return;
  const std::string shown = in_quotes({&delimiter_, 1});
  if (names_one) fail(line_, fmt::format("the line says that {0} is the delimiter, but .decimal = {0} is the decimal mark", shown));
  throw Error(fmt::format("read_csv: {} is both the delimiter and the decimal mark of {}", shown, table_.file_));
}

/// Reserves memory, so that no vector grows beyond its need: each cell but the last is followed by a delimiter or a line end.
void CsvReader::reserve() {
  const auto lines = static_cast<std::size_t>(std::count_if(text_.begin(), text_.end(), [](char c) { return c == '\n' || c == '\r'; }));
  const auto delimiters = static_cast<std::size_t>(std::count(text_.begin(), text_.end(), delimiter_));
  table_.cells_.reserve(lines + delimiters + 1);
  table_.rows_.reserve(lines + 1);
}

/// Returns another delimiter that two lines seem to have: it occurs equally often in both.
std::string CsvReader::hint(std::string_view one_line, std::string_view another) const {
  for (const char other : {';', '\t', '|', ','}) {
    const auto n = std::count(one_line.begin(), one_line.end(), other);
    if (other == delimiter_ || n == 0 || n != std::count(another.begin(), another.end(), other)) continue;
    const std::string shown = in_quotes({&other, 1});
    return fmt::format("; {0} looks like the delimiter, which .delimiter = {0} says", shown);
  }
  return {};
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
  row_begin_ = position_;
  row_cells_ = 0;
  while (true) {
    if (text_[position_] == '"') read_quoted_cell();
    else read_plain_cell();
    const std::size_t end = position_;
    const char next = std::exchange(text_[end], '\0');
    if (next == delimiter_) {
      ++position_;
      continue;
    }
    if (next != '\0') end_line(next);
    return keep_row(line);
  }
}

void CsvReader::add_cell(std::size_t begin) {
  if (begin - row_begin_ > UINT32_MAX) fail(line_, "the row has more than 4 GB; is a quote missing?");
  if (++row_cells_ > most_columns) fail(line_, fmt::format("the row has more than {} cells; is a line end missing?", most_columns));
  table_.cells_.push_back(static_cast<std::uint32_t>(begin - row_begin_));
}

void CsvReader::read_plain_cell() {
  add_cell(position_);
  while (!special_[static_cast<unsigned char>(text_[position_])]) ++position_;
  if (text_[position_] == '"') fail(line_, "a quote inside a cell; such a cell needs quotes around it, and the quote doubled");
}

void CsvReader::read_quoted_cell() {
  const std::size_t begin = position_ + 1;
  std::size_t write = begin, read = begin;
  add_cell(begin);
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

void CsvReader::keep_row(std::size_t line) {
  const std::string_view row = std::string_view(text_).substr(row_begin_, position_ - row_begin_);
  if (width_ == 0) {
    width_ = row_cells_;
    first_row_ = row;
    if (header_) {
      header_cells_ = table_.cells_;  // a copy of its own size
      table_.cells_.clear();
    }
    if (header_) return;
  }
  if (row_cells_ != width_)
    fail(line, fmt::format("found {} cell{}, expected {}{}", row_cells_, row_cells_ == 1 ? "" : "s", width_, hint(first_row_, row)));
  if (width_ == 1 && table_.rows() == 0) table_.delimiter_hint_ = hint(first_row_, row);
  table_.add_row(row_begin_, line);
}

/// Called last: names take more memory than cells, which is not worth it for a file that is not a table.
void CsvReader::name_columns() {
  table_.columns_.reserve(width_);
  for (std::size_t i = 0; i < width_; ++i)
    table_.columns_.push_back(header_ ? std::string(trim(first_row_.data() + header_cells_[i])) : std::to_string(i));
}

Table parse_csv(std::string text, const std::string& name, const CsvOptions& options, SourceLocation at) {
  return detail::placed(at, [&] { return CsvReader(std::move(text), name, options).read(); });
}

Table read_csv(const std::string& path, const CsvOptions& options, SourceLocation at) {
  return parse_csv(read_file(path, at), path, options, at);
}

}  // namespace reel::io
