#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <reel/core/array.hpp>
#include <reel/core/error.hpp>
#include <reel/core/mistake.hpp>

namespace reel::io {

/// The format of a CSV file. `decimal` is the decimal mark of numbers: '.' or ','. `header` says whether the first line holds the names of
/// the columns. `missing` lists the texts that mark a missing value; spaces around them are ignored.
struct CsvOptions {
  char delimiter = ',';
  char decimal = '.';
  bool header = true;
  std::vector<std::string> missing = {"", "NA", "NaN", "nan", "?"};
};

/// What numbers() does with a missing cell: throw an IoError, store NaN, or drop the whole row.
enum class MissingPolicy { error, nan, drop };

/// Selects a column by its name or by its position; negative positions count from the back.
class Column {
 public:
  Column(const char* name) : name_(name), by_name_(true) {}
  Column(std::string_view name) : name_(name), by_name_(true) {}
  Column(const std::string& name) : name_(name), by_name_(true) {}
  template <std::integral I>
  requires(!std::same_as<I, char> && !std::same_as<I, bool>) constexpr Column(I position)
      : position_(static_cast<std::ptrdiff_t>(position)) {}

  bool by_name() const { return by_name_; }
  const std::string& name() const& { return name_; }
  std::string name() && { return std::move(name_); }
  std::ptrdiff_t position() const { return position_; }

 private:
  std::string name_;
  std::ptrdiff_t position_ = 0;
  bool by_name_ = false;
};

/// A column of classes as integers: `labels`, shape (rows,), int64, are indices into `names`.
struct Classes {
  Array labels;
  std::vector<std::string> names;
};

/// The cells of a CSV file as text. numbers() converts them only when it is called, so that an error can name file, line and column.
class Table {
 public:
  std::size_t rows() const { return rows_.size(); }
  /// The header's names without the spaces around them; "0", "1", ... for a file without a header.
  const std::vector<std::string>& columns() const& { return columns_; }
  std::vector<std::string> columns() && { return std::move(columns_); }
  /// The name of the file in error messages.
  const std::string& file() const& { return file_; }
  std::string file() && { return std::move(file_); }
  /// The line of the file on which a row begins, counted from 1. `row` is not range-checked. The cost is logarithmic in the number of rows
  /// that do not follow directly on the line after the row before.
  std::size_t line(std::size_t row) const;

  /// Position of a column. Throws IoError for a column that does not exist, with the existing columns and the one that was probably meant.
  std::size_t column(const Column& which, SourceLocation at = SourceLocation::here()) const;
  /// One cell, without quotes. Throws IoError for a row or column that does not exist. Valid as long as the table.
  std::string_view text(std::size_t row, const Column& which, SourceLocation at = SourceLocation::here()) const&;
  std::string text(std::size_t row, const Column& which, SourceLocation at = SourceLocation::here()) && {
    return std::string(std::as_const(*this).text(row, which, at));
  }
  bool is_missing(std::size_t row, const Column& which, SourceLocation at = SourceLocation::here()) const;

  /// Returns columns as numbers, shape (rows, columns); all columns if `columns` is empty. Spaces around a number are ignored; int64 also
  /// accepts whole numbers such as 3.0, bool accepts 0, 1, false and true. Floating numbers that are too small for the dtype become 0. NaN
  /// and infinities in the file count as missing. Throws IoError, naming file, line, column and text, for a cell that is not a number, is
  /// too large for the dtype, or is missing under policy `error`; DtypeError for policy `nan` with a dtype that has no NaN.
  Array numbers(const std::vector<Column>& columns = {}, Dtype dtype = float32, MissingPolicy policy = MissingPolicy::error,
                SourceLocation at = SourceLocation::here()) const;
  /// Returns the texts of one column as classes 0, 1, ... in the order of the sorted names: sorted by value if all are numbers, otherwise
  /// by bytes. Spaces around a text are ignored. Throws IoError for a missing cell.
  Classes classes(const Column& which, SourceLocation at = SourceLocation::here()) const;
  /// Returns the rows in which none of these columns (of all columns, if `columns` is empty) is missing, NaN or infinite. Features and
  /// targets that are taken from the result have the same rows, unlike those for which rows are dropped separately. Throws IoError when no
  /// row is left.
  Table without_missing(const std::vector<Column>& columns = {}, SourceLocation at = SourceLocation::here()) const;

  /// The end of an error message about a table of one column whose lines look as if they had more columns: "; ';' looks like the delimiter,
  /// ...". Empty for any other table.
  const std::string& delimiter_hint() const { return delimiter_hint_; }

 private:
  friend class CsvReader;

  /// A row that does not begin on the line after the beginning of the row before.
  struct LineJump {
    std::size_t row, line;
  };

  std::string_view cell(std::size_t row, std::size_t column) const;
  std::size_t find(const Column& which) const;
  void add_row(std::size_t begin, std::size_t line);
  bool stands_for_missing(std::string_view trimmed) const;
  std::string place(std::size_t row, std::size_t column) const;
  std::string number_hint(std::string_view text) const;
  std::vector<std::size_t> positions(const std::vector<Column>& columns) const;
  template <class T>
  bool number(std::size_t row, std::size_t column, MissingPolicy policy, T& value) const;
  Array all_numbers(const std::vector<Column>& columns, Dtype dtype, MissingPolicy policy) const;
  Classes all_classes(std::size_t column) const;
  Table complete_rows(const std::vector<Column>& columns) const;

  std::string file_;
  std::vector<std::string> columns_;
  std::vector<std::string> missing_;
  char decimal_ = '.';
  std::string delimiter_hint_;
  std::string text_;                  // the file, each cell ended by a NUL
  std::vector<std::size_t> rows_;     // where each row begins in the text
  std::vector<std::uint32_t> cells_;  // where each cell begins in its row
  std::vector<LineJump> jumps_;
};

/// Reads a CSV file as RFC 4180 describes it: cells in quotes may hold delimiters, newlines and doubled quotes. Lines end in LF, CRLF or
/// CR; a UTF-8 byte order mark and empty lines are skipped, and a first line `sep=;`, which Excel understands, overrides the delimiter of
/// the options. Throws IoError naming file and line: no such file, a directory, no rows, a row with too few or too many cells, an
/// unterminated or misplaced quote, a NUL byte, more than 10 million columns. Throws Error for an impossible delimiter or decimal mark. In
/// addition to the text, a table takes four bytes per cell and eight per row.
Table read_csv(const std::string& path, const CsvOptions& options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(CsvOptions, Table read_csv(const std::string&, ...));
/// The same for text in memory; error messages call it `name`.
Table parse_csv(std::string text, const std::string& name, const CsvOptions& options = {}, SourceLocation at = SourceLocation::here());
REEL_NO_SUCH_OPTION(CsvOptions, Table parse_csv(std::string, const std::string&, ...));

}  // namespace reel::io
