#include <cmath>

#include <catch2/catch.hpp>
#include <reel/core/error.hpp>
#include <reel/core/io/csv.hpp>

#include "child.hpp"
#include "temporary_folder.hpp"

using namespace reel;
using Catch::Contains;
using io::MissingPolicy;
using io::parse_csv;
using io::Table;
using Names = std::vector<std::string>;

namespace {

/// The error of parsing `text` as the file t.csv.
std::string parse_error(const std::string& text, const io::CsvOptions& options = {}) {
  return io_error([&] { parse_csv(text, "t.csv", options); });
}

/// The error of taking all columns of `text` as numbers.
std::string number_error(const std::string& text, Dtype dtype = float64, MissingPolicy policy = MissingPolicy::error) {
  return io_error([&] { parse_csv(text, "t.csv").numbers({}, dtype, policy); });
}

}  // namespace

TEST_CASE("a CSV file becomes a table") {
  const TemporaryFolder folder;
  const std::string path = folder.file("pima.csv", "glucose, mass ,outcome\n148,33.6,1\n85,26.6,0\n");
  const Table table = io::read_csv(path);
  CHECK(table.file() == path);
  CHECK(table.columns() == Names{"glucose", "mass", "outcome"});
  REQUIRE(table.rows() == 2);
  CHECK(table.line(1) == 3);
  CHECK(table.text(1, "mass") == "26.6");
  CHECK(table.text(0, -1) == "1");
  CHECK(identical(table.numbers({"mass", 0}, float64), Array::of<double>({2, 2}, std::vector<double>{33.6, 148, 26.6, 85})));
  CHECK(identical(table.numbers(), Array::of<float>({2, 3}, std::vector<float>{148, 33.6F, 1, 85, 26.6F, 0})));
  CHECK(identical(table.numbers({"outcome"}, int64), Array::of<std::int64_t>({2, 1}, std::vector<std::int64_t>{1, 0})));
}

TEST_CASE("quotes hold delimiters, line ends and doubled quotes") {
  const Table table = parse_csv("a,b\n\"x,\"\"y\"\"\",\"1\n2\r\n3\"\n\"\",\"\"\"\"\nlast,\"q\"", "t.csv");
  REQUIRE(table.rows() == 3);
  CHECK(table.text(0, 0) == "x,\"y\"");
  CHECK(table.text(0, 1) == "1\n2\r\n3");
  CHECK(table.text(1, 0) == "");
  CHECK(table.text(1, 1) == "\"");
  CHECK(table.text(2, 1) == "q");
  CHECK(table.line(0) == 2);
  CHECK(table.line(1) == 5);
  CHECK(table.line(2) == 6);
}

TEST_CASE("line ends, byte order mark, empty lines and a missing last newline make no difference") {
  const Array expected = Array::of<double>({2, 2}, std::vector<double>{1, 2, 3, 4});
  const std::string text = GENERATE(as<std::string>{}, "a,b\n1,2\n3,4\n", "a,b\r\n1,2\r\n3,4\r\n", "a,b\r1,2\r3,4", "a,b\n1,2\n3,4",
                                    "\xEF\xBB\xBF"
                                    "a,b\n1,2\n3,4\n",
                                    "\n\na,b\n\n1,2\r\n\r\n3,4\n\n\n", "\"a\",\"b\"\n\"1\",2\n3,\"4\"", "a,b\n 1 ,\t2\n3,4 \n");
  const Table table = parse_csv(text, "t.csv");
  CHECK(table.columns() == Names{"a", "b"});
  CHECK(identical(table.numbers({}, float64), expected));
}

TEST_CASE("delimiter and header can be chosen") {
  const Table table = parse_csv("1;2,5\n3;\"4;5\"\n", "t.csv", {.delimiter = ';', .header = false});
  CHECK(table.columns() == Names{"0", "1"});
  CHECK(table.rows() == 2);
  CHECK(table.line(0) == 1);
  CHECK(table.text(0, "1") == "2,5");
  CHECK(table.text(1, 1) == "4;5");
  CHECK(parse_csv("a\tb\n\t2\n", "t.csv", {.delimiter = '\t'}).text(0, "b") == "2");
  for (const char wrong : {'"', '\n', '\r', '\0'})
    CHECK_THROWS_WITH(parse_csv("a\n1\n", "t.csv", {.delimiter = wrong}), Contains("cannot be a quote, a line end or NUL"));
}

TEST_CASE("a decimal comma is an option, and the message names it") {
  const std::string text = "a;b\n1,5;2,5\n-3;+1,25e1\n";
  const io::CsvOptions options{.delimiter = ';', .decimal = ','};
  for (const Dtype dtype : {float32, float64})
    CHECK(identical(parse_csv(text, "t.csv", options).numbers({}, dtype),
                    Array::of<double>({2, 2}, std::vector<double>{1.5, 2.5, -3, 12.5}).astype(dtype)));
  CHECK(identical(parse_csv("a;b\n1,0;2\n", "t.csv", options).numbers({}, int64),
                  Array::of<std::int64_t>({1, 2}, std::vector<std::int64_t>{1, 2})));
  CHECK(parse_csv("a\n10,5\n9,5\n", "t.csv", options).classes(0).names == Names{"9,5", "10,5"});
  CHECK(io_error([&] { parse_csv(text, "t.csv", {.delimiter = ';'}).numbers(); }) ==
        "t.csv:2: column 'a' holds '1,5', which is not a number; with ',' as the decimal mark it is one, which .decimal = ',' says");
  CHECK(io_error([&] { parse_csv("a;b\n1.5;2\n", "t.csv", options).numbers(); }) ==
        "t.csv:2: column 'a' holds '1.5', which is not a number; with '.' as the decimal mark it is one, which .decimal = '.' says");
  CHECK_THAT(io_error([&] { parse_csv("a;b\n1.234,5;2\n", "t.csv", options).numbers(); }), Catch::EndsWith("which is not a number"));
  CHECK_THROWS_WITH(parse_csv("a\n1\n", "t.csv", {.decimal = ','}), Contains("',' is both the delimiter and the decimal mark of t.csv"));
  CHECK_THROWS_WITH(parse_csv("a\n1\n", "t.csv", {.decimal = ' '}), Contains("the decimal mark is ' '; it must be '.' or ','"));
}

TEST_CASE("messages say which delimiter a file seems to have") {
  const std::string hint = "; ';' looks like the delimiter, which .delimiter = ';' says";
  CHECK(parse_error("a;b\n1,5;2,5\n") == "t.csv:2: found 3 cells, expected 1" + hint);
  CHECK(parse_error("1,5;2,5\n3;4,5\n", {.header = false}) == "t.csv:2: found 2 cells, expected 3" + hint);
  CHECK(number_error("a;b\n1;2\n") == "t.csv:2: column 'a;b' holds '1;2', which is not a number" + hint);
  const Table table = parse_csv("a;b\n1;2\n", "t.csv");
  CHECK(io_error([&] { table.column("b"); }) == "column 'b' is not in t.csv; it has a;b" + hint);
  CHECK_THAT(io_error([&] { table.column(1); }), Catch::EndsWith(hint));
  CHECK_THAT(number_error("a\tb\n1\t2\n"), Contains("'\\t' looks like the delimiter"));
  CHECK_THAT(parse_error("a,b\n1,2,3\n", {.delimiter = '|'}), Contains("no IoError"));
  // No delimiter where lines do not agree on one.
  CHECK(parse_error("a,b\n1;2\n") == "t.csv:2: found 1 cell, expected 2");
  CHECK(parse_csv("text\nhello; world\n", "t.csv").delimiter_hint().empty());
}

TEST_CASE("Excel's first line says the delimiter") {
  const Array expected = Array::of<double>({1, 2}, std::vector<double>{1, 2});
  for (const std::string text :
       {"sep=;\na;b\n1;2\n", "\xEF\xBB\xBFsep=;\r\na;b\r\n1;2\r\n", "\"sep=;\"\na;b\n1;2", "sep=\t\na\tb\n1\t2\n"}) {
    const Table table = parse_csv(text, "t.csv");
    CHECK(table.columns() == Names{"a", "b"});
    CHECK(table.line(0) == 3);
    CHECK(identical(table.numbers({}, float64), expected));
  }
  CHECK(parse_csv("sep=;\na,1;b\n1;2\n", "t.csv", {.delimiter = ','}).columns() == Names{"a,1", "b"});
  CHECK(parse_csv("sep=x\n1\n", "t.csv").columns() == Names{"sep=x"});
  CHECK(parse_csv("sep=;,b\n1,2\n", "t.csv").columns() == Names{"sep=;", "b"});
  CHECK(parse_error("sep=,\na,b\n", {.delimiter = ';', .decimal = ','}) ==
        "t.csv:1: the line says that ',' is the delimiter, but .decimal = ',' is the decimal mark");
  CHECK(parse_error("sep=;\n") == "t.csv: the file is empty; a table needs at least one row");
}

TEST_CASE("what is invisible is shown in messages") {
  CHECK(number_error("a,b\n1,2\xC2\xA0\n") == "t.csv:2: column 'b' holds '2\\u00a0', which is not a number");
  CHECK(number_error("a,b\xE2\x80\x8B\n1,x\n") == "t.csv:2: column 'b\\u200b' holds 'x', which is not a number");
  CHECK(io_error([] { parse_csv("a\xC2\xA0,b\n1,2\n", "t.csv").column("a"); }) == "column 'a' is not in t.csv; it has a\\u00a0, b");
}

TEST_CASE("a table takes little memory beside its text") {
  const std::string commas(10'000'000, ','), row = commas.substr(1) + '\n';
  CHECK(with_memory(120'000'000, [&] { return parse_error(commas); }) ==
        "t.csv:1: the row has more than 10000000 cells; is a line end missing?");
  CHECK(with_memory(120'000'000, [&] { return parse_error(row); }) == "t.csv: the file has a header and no rows");
  // Cells: 20 MB of text take 80 MB beside it, and its copy.
  std::string cells;
  for (int i = 0; i < 200'000; ++i) cells += std::string(99, ',') + '\n';
  CHECK(with_memory(150'000'000, [&] { return std::to_string(parse_csv(cells, "t.csv").rows()); }) == "199999");
}

TEST_CASE("lines are known through empty lines and quotes") {
  const Table table = parse_csv("a\n1\n\n2\n\"3\n\"\n4\n5\n", "t.csv");
  REQUIRE(table.rows() == 5);
  const std::vector<std::size_t> lines{2, 4, 5, 7, 8};
  for (std::size_t row = 0; row < 5; ++row) CHECK(table.line(row) == lines[row]);
}

TEST_CASE("a copied or moved table keeps its cells") {
  Table table = parse_csv("a\n1\n", "t.csv");  // short enough for a text without a heap block
  const Table copy = table;
  const Table moved = std::move(table);
  CHECK(copy.text(0, 0) == "1");
  CHECK(moved.text(0, 0) == "1");
}

TEST_CASE("a column that does not exist is an IoError with those that do") {
  const Table table = parse_csv("pregnant,glucose,outcome,outcome2,outcome2\n1,2,3,4,5\n", "pima.csv");
  CHECK(io_error([&] { table.numbers({"outcom"}); }) ==
        "column 'outcom' is not in pima.csv; it has pregnant, glucose, outcome, outcome2, outcome2; did you mean 'outcome'?");
  CHECK(io_error([&] { table.column("xyz"); }) == "column 'xyz' is not in pima.csv; it has pregnant, glucose, outcome, outcome2, outcome2");
  CHECK(io_error([&] { table.column(5); }) == "column 5 is not in pima.csv; it has 5 columns (allowed: -5 to 4)");
  CHECK_THAT(io_error([&] { table.column(-6); }), Contains("column -6 is not in pima.csv"));
  CHECK_THAT(io_error([&] { table.column("outcome2"); }), Contains("columns 3 and 4 have that name"));
  CHECK(io_error([&] { table.text(1, 0); }) == "row 1 is not in pima.csv; it has 1 rows");
  CHECK(table.column(-1) == 4);
  CHECK(table.column("outcome") == 2);
}

TEST_CASE("numbers are read in all their forms, whatever the locale") {
  const Table table = parse_csv("a\n1\n+2.5\n-3e2\n.5\n1E-3\n-0\n4.9e-324\n123456789012345678901234567890\n", "t.csv");
  const std::vector<double> expected{1, 2.5, -300, 0.5, 1e-3, -0.0, 4.9e-324, 123456789012345678901234567890.0};
  CHECK(identical(table.numbers({}, float64), Array::of<double>({8, 1}, expected)));
  const Table whole = parse_csv("a\n9223372036854775807\n-9223372036854775808\n3.0\n1e3\n", "t.csv");
  CHECK(identical(whole.numbers({}, int64), Array::of<std::int64_t>({4, 1}, std::vector<std::int64_t>{INT64_MAX, INT64_MIN, 3, 1000})));
  const Table flags = parse_csv("a\n1\n0\nTrue\nfalse\n1.0\n", "t.csv");
  const bool expected_flags[]{true, false, true, false, true};
  CHECK(identical(flags.numbers({}, boolean), Array::of<bool>({5, 1}, expected_flags)));
}

TEST_CASE("a cell that is no number is an IoError with file, line, column and text") {
  CHECK(number_error("a,b\n1,2\n\n3,x4\n") == "t.csv:4: column 'b' holds 'x4', which is not a number");
  const std::string wrong = GENERATE(as<std::string>{}, "1 2", "1.2.3", "0x10", "--1", "+-1", "+", "1,5", "1e", "12abc", "tru\nth");
  CHECK_THAT(number_error("a\n\"" + wrong + "\"\n"), Contains("t.csv:2: column 'a' holds '") && Contains("which is not a number"));
}

TEST_CASE("a number that is too small for its dtype is 0") {
  const Table table =
      parse_csv("a\n1e-400\n-1e-50\n0.0000001e-999999999999999999999\n1e-310\n-2E-400\n1" + std::string(400, '0') + "e-800\n", "t.csv");
  CHECK(identical(table.numbers({}, float64), Array::of<double>({6, 1}, std::vector<double>{0, -1e-50, 0, 1e-310, -0.0, 0})));
  CHECK(identical(table.numbers({}, float32), Array::of<float>({6, 1}, std::vector<float>{0, -0.0F, 0, 0, -0.0F, 0})));
  const std::string tiny = "0." + std::string(400, '0') + "1";
  CHECK(parse_csv("a\n" + tiny + "\n", "t.csv").numbers({}, float64).at<double>({0, 0}) == 0);
  for (const std::string& huge : Names{"1e400", "1" + std::string(400, '0'), "0.001e999999999999999999999", "-1e309"})
    for (const Dtype dtype : {float32, float64}) CHECK_THAT(number_error("a\n" + huge + "\n", dtype), Contains("out of float64's range"));
  CHECK_THAT(number_error("a\n1e-400\n", int64), Contains("which is not a whole number"));
  CHECK_THAT(number_error("a\n1e-400\n", boolean), Contains("which is not 0, 1, false or true"));
}

TEST_CASE("a number that does not fit its dtype is an IoError") {
  CHECK(number_error("a\n1e999\n") == "t.csv:2: column 'a' holds '1e999', which is out of float64's range");
  CHECK_THAT(number_error("a\n1e39\n", float32), Contains("which is out of float32's range"));
  CHECK_THAT(number_error("a\n1.5\n", int64), Contains("which is not a whole number"));
  CHECK_THAT(number_error("a\n9223372036854775808\n", int64), Contains("which does not fit into int64 exactly"));
  CHECK_THAT(number_error("a\n2\n", boolean), Contains("which is not 0, 1, false or true"));
}

TEST_CASE("a missing cell is an error, a NaN or a dropped row") {
  const Table table = parse_csv("a,b\n1,2\nNA,3\n4, \n5,6\n?,-inf\n7,NAN\n", "t.csv");
  CHECK(io_error([&] { table.numbers(); }) ==
        "t.csv:3: column 'a' has no value ('NA'); MissingPolicy::nan and MissingPolicy::drop allow that");
  CHECK(table.is_missing(1, "a"));
  CHECK(table.is_missing(2, "b"));
  CHECK_FALSE(table.is_missing(0, "a"));

  const Array with_nan = table.numbers({}, float32, MissingPolicy::nan);
  REQUIRE(with_nan.shape() == Shape{6, 2});
  CHECK(std::isnan(with_nan.at<float>({1, 0})));
  CHECK(with_nan.at<float>({1, 1}) == 3);
  CHECK(std::isnan(with_nan.at<float>({4, 1})));
  CHECK(std::isnan(with_nan.at<float>({5, 1})));

  const Array dropped = table.numbers({}, int64, MissingPolicy::drop);
  CHECK(identical(dropped, Array::of<std::int64_t>({2, 2}, std::vector<std::int64_t>{1, 2, 5, 6})));
  CHECK_THROWS_AS(table.numbers({}, int64, MissingPolicy::nan), DtypeError);
  CHECK_THROWS_WITH(table.numbers({}, int64, MissingPolicy::nan), Contains("int64 has no NaN"));
  CHECK(number_error("a\nNA\n?\n", float32, MissingPolicy::drop) == "t.csv: every row has a missing cell, so none is left");
  // A wrong text is no missing cell.
  CHECK_THAT(number_error("a\nabc\n", float32, MissingPolicy::nan), Contains("which is not a number"));
}

TEST_CASE("infinities and NaN in the data are errors that name the place") {
  const std::string text = GENERATE(as<std::string>{}, "NaN", "nan", "-nan", "inf", "-Inf", "+infinity", "INF");
  CHECK_THAT(number_error("a,b\n1,2\n3," + text + "\n"), Contains("t.csv:3: column 'b' has no value ('" + text + "')"));
}

TEST_CASE("what counts as missing can be chosen") {
  const Table table = parse_csv("a\n-999\n1\n", "t.csv", {.missing = {"-999"}});
  CHECK(identical(table.numbers({}, float32, MissingPolicy::drop), Array::full({1, 1}, 1)));
  CHECK_THAT(io_error([&] { parse_csv("a,b\n,1\n", "t.csv", {.missing = {}}).numbers(); }), Contains("holds '', which is not a number"));
}

TEST_CASE("rows with missing cells go as a whole, so that columns stay in step") {
  const Table all = parse_csv("a,b,c\n1,x,\nNA,y,5\n3,,6\n4,z,7\n", "t.csv");
  const Table kept = all.without_missing({"a", "b"});
  REQUIRE(kept.rows() == 2);
  CHECK(kept.text(1, "b") == "z");
  CHECK(kept.line(1) == 5);
  CHECK(kept.without_missing().rows() == 1);
  CHECK(all.rows() == 4);
  CHECK_THAT(io_error([] { parse_csv("a\n?\n", "t.csv").without_missing(); }), Contains("every row has a missing cell"));
}

TEST_CASE("classes become integers in the order of their sorted names") {
  const Table table = parse_csv("kind,digit\nvirginica,10\nsetosa,9\n setosa ,2\nvirginica,10\n", "t.csv");
  const io::Classes kinds = table.classes("kind");
  CHECK(kinds.names == Names{"setosa", "virginica"});
  CHECK(identical(kinds.labels, Array::of<std::int64_t>({4}, std::vector<std::int64_t>{1, 0, 0, 1})));
  const io::Classes digits = table.classes(1);
  CHECK(digits.names == Names{"2", "9", "10"});
  CHECK(identical(digits.labels, Array::of<std::int64_t>({4}, std::vector<std::int64_t>{2, 1, 0, 2})));
  // One name that is no number, and all are sorted as texts.
  CHECK(parse_csv("a\n10\n9\nx\n", "t.csv").classes(0).names == Names{"10", "9", "x"});
  CHECK(io_error([] { parse_csv("a,b\nx,1\n?,2\n", "t.csv").classes("a"); }) ==
        "t.csv:3: column 'a' has no value ('?'); a row needs a class");
}

TEST_CASE("rows with too few or too many cells are IoErrors") {
  CHECK(parse_error("a,b,c\n1,2,3\n4,5\n") == "t.csv:3: found 2 cells, expected 3");
  CHECK(parse_error("a,b\n\"1\n1\",2\n3,4,\n") == "t.csv:4: found 3 cells, expected 2");
  CHECK(parse_error("1,2\n3\n", {.header = false}) == "t.csv:2: found 1 cell, expected 2");
}

TEST_CASE("files that are no CSV are IoErrors") {
  const TemporaryFolder folder;
  CHECK_THAT(io_error([&] { io::read_csv(folder.path("none.csv")); }), Contains("none.csv: it does not exist"));
  CHECK_THAT(io_error([&] { io::read_csv(folder.path()); }), Contains("it is a directory"));
  CHECK(parse_error("") == "t.csv: the file is empty; a table needs at least one row");
  CHECK_THAT(parse_error("\xEF\xBB\xBF\n\r\n"), Contains("the file is empty"));
  CHECK(parse_error("a,b\n\n") == "t.csv: the file has a header and no rows");
  CHECK(parse_error("a,b\n1,2\n3,\"4\n5,6\n7,8\n") == "t.csv:3: the quote that begins here is never closed");
  CHECK_THAT(parse_error("a\n\"x\"\"\n"), Contains("t.csv:2: the quote that begins here is never closed"));
  CHECK_THAT(parse_error("a\n5'10\"\n"), Contains("t.csv:2: a quote inside a cell"));
  CHECK_THAT(parse_error("a\n\"x\"y\n"), Contains("t.csv:2: 'y' after a closing quote"));
  CHECK(parse_error(std::string("a\n1\n2\0\n", 7)) == "t.csv:3: a NUL byte; the file is binary or UTF-16, not CSV text");
}
