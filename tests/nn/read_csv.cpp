#include <cmath>

#include <catch2/catch.hpp>

#include "../core/temporary_folder.hpp"
#include "error_text.hpp"
#include "models.hpp"

using namespace reel;
using Names = std::vector<std::string>;
using io::MissingPolicy;

namespace {

const char* const flowers = "length,width,kind\n1,0.5,setosa\n2,1.5,virginica\n3,2.5,setosa\n";

/// The error of reading `text` as a data set, without the folder's name.
std::string read_error(const std::string& text, const data::ReadCsvOptions& options = {}) {
  const TemporaryFolder folder;
  const std::string path = folder.file("d.csv", text);
  std::string error = placed_text<IoError>([&] { data::read_csv(path, options); });
  for (std::size_t at = error.find(folder.path()); at != std::string::npos; at = error.find(folder.path()))
    error.erase(at, folder.path().size());
  return error;
}

data::Dataset read(const std::string& text, const data::ReadCsvOptions& options = {}) {
  const TemporaryFolder folder;
  return data::read_csv(folder.file("d.csv", text), options);
}

}  // namespace

TEST_CASE("read_csv takes the last column as the target") {
  const data::Dataset set = read("a,b,y\n1,2,3\n4,5,6\n");
  CHECK(identical(set.features.value(), tensor({{1.0, 2.0}, {4.0, 5.0}}).value()));
  CHECK(identical(set.targets.value(), tensor({{3.0}, {6.0}}).value()));
  CHECK(set.feature_names == Names{"a", "b"});
  CHECK(set.class_names.empty());
  CHECK(set.size() == 2);
}

TEST_CASE("read_csv takes the target by name, by number, and counted from the back") {
  for (const io::Column& target : {io::Column("b"), io::Column(1), io::Column(-2)}) {
    const data::Dataset set = read("a,b,c\n1,2,3\n4,5,6\n", {.target = target, .dtype = float64});
    CHECK(identical(set.features.value(), tensor({{1.0, 3.0}, {4.0, 6.0}}, {.dtype = float64}).value()));
    CHECK(identical(set.targets.value(), tensor({{2.0}, {5.0}}, {.dtype = float64}).value()));
    CHECK(set.feature_names == Names{"a", "c"});
  }
}

TEST_CASE("read_csv numbers classes in the order of their names") {
  const data::Dataset set = read(flowers, {.target = "kind", .classes = true});
  CHECK(identical(set.targets.value(), tensor({0, 1, 0}).value()));
  CHECK(set.class_names == Names{"setosa", "virginica"});
  const data::Dataset numbered = read("x,y\n1,10\n2,9\n3,10\n", {.classes = true});
  CHECK(identical(numbered.targets.value(), tensor({1, 0, 1}).value()));
  CHECK(numbered.class_names == Names{"9", "10"});
}

TEST_CASE("read_csv does with missing values what it is told") {
  const std::string holes = "a,b,y\n1,2,3\n,5,6\n7,NA,9\n10,11,\n13,14,15\n";
  CHECK(read_error(holes) == "d.csv:3: column 'a' has no value (''); MissingPolicy::nan and MissingPolicy::drop allow that");

  const data::Dataset filled = read(holes, {.missing = MissingPolicy::nan});
  CHECK(filled.size() == 5);
  CHECK(std::isnan(filled.features.at<float>({1, 0})));
  CHECK(std::isnan(filled.features.at<float>({2, 1})));
  CHECK(std::isnan(filled.targets.at<float>({3, 0})));
  CHECK(filled.features.at<float>({4, 1}) == 14);

  const data::Dataset dropped = read(holes, {.missing = MissingPolicy::drop});
  CHECK(identical(dropped.features.value(), tensor({{1.0, 2.0}, {13.0, 14.0}}).value()));
  CHECK(identical(dropped.targets.value(), tensor({{3.0}, {15.0}}).value()));
  CHECK(read_error("a,y\n,1\n2,\n", {.missing = MissingPolicy::drop}) == "d.csv: every row has a missing cell, so none is left");
}

TEST_CASE("features and targets stay in step when infinite values are dropped") {
  const std::string text = "a,b,y\n1,2,3\ninf,5,6\n7,8,-inf\n10,-nan,12\n13,14,15\n";
  const data::Dataset set = read(text, {.missing = MissingPolicy::drop});
  CHECK(identical(set.features.value(), tensor({{1.0, 2.0}, {13.0, 14.0}}).value()));
  CHECK(identical(set.targets.value(), tensor({{3.0}, {15.0}}).value()));
  const data::Dataset classes = read(text, {.target = "b", .classes = true, .missing = MissingPolicy::drop});
  CHECK(classes.features.shape() == Shape{2, 2});
  CHECK(classes.targets.shape() == Shape{2});
}

TEST_CASE("read_csv names file, line and column of what it cannot use") {
  CHECK(read_error("a,b,y\n1,2,3\n4,5\n") == "d.csv:3: found 2 cells, expected 3");
  CHECK(read_error("a,b,y\n1,2,3\n4,5,6,7\n") == "d.csv:3: found 4 cells, expected 3");
  CHECK(read_error("a,y\n1,2\nlots,4\n") == "d.csv:3: column 'a' holds 'lots', which is not a number");
  CHECK(read_error(flowers) ==
        "d.csv:2: column 'kind' holds 'setosa', which is not a number; if the target is a class, read it with .classes = true");
  CHECK(read_error("") == "d.csv: the file is empty; a table needs at least one row");
  CHECK(read_error("a,y\n") == "d.csv: the file has a header and no rows");
  CHECK(read_error("glucose,outcome\n1,2\n", {.target = "outcom"}) ==
        "column 'outcom' is not in d.csv; it has glucose, outcome; did you mean 'outcome'?");
  CHECK(read_error("a,y\n1,2\n", {.target = 2}) == "column 2 is not in d.csv; it has 2 columns (allowed: -2 to 1)");
  CHECK(read_error("a,y\n1,2\nNaN,4\n") ==
        "d.csv:3: column 'a' has no value ('NaN'); MissingPolicy::nan and MissingPolicy::drop allow that");
  CHECK(read_error("a,y\n1,inf\n") == "d.csv:2: column 'y' has no value ('inf'); MissingPolicy::nan and MissingPolicy::drop allow that");
  CHECK(read_error("a,y\n1,red\n2,\n", {.classes = true}) == "d.csv:3: column 'y' has no value (''); a row needs a class");
  CHECK(read_error("y\n1\n2\n") == "d.csv: no column is left besides the target, so there are no features");
  CHECK(read_error("a,y\n1e39,2\n") == "d.csv:2: column 'a' holds '1e39', which is out of float32's range");
}

TEST_CASE("read_csv names a path that is no file") {
  const TemporaryFolder folder;
  CHECK(error_text<IoError>([&] { data::read_csv(folder.path("nowhere.csv")); }).find(folder.path("nowhere.csv")) != std::string::npos);
  const std::string text = error_text<IoError>([&] { data::read_csv(folder.path()); });
  CHECK(text.find(folder.path()) != std::string::npos);
  CHECK(text.find("directory") != std::string::npos);
}

TEST_CASE("read_csv passes on how the file is written") {
  const data::Dataset set =
      read("1;2;-\n4;5;6\n", {.missing = MissingPolicy::nan, .csv = {.delimiter = ';', .header = false, .missing = {"-"}}});
  CHECK(set.feature_names == Names{"0", "1"});
  CHECK(std::isnan(set.targets.at<float>({0, 0})));
}

TEST_CASE("columns can be left out, whatever they hold") {
  const TemporaryFolder folder;
  const std::string path = folder.file("d.csv", "name,a,b,y\nx,1,2,3\n,4,?,6\nz,7,8,9\n");
  const data::Dataset some = data::read_csv(path, {.drop = {"name", "b"}});
  CHECK(some.feature_names == std::vector<std::string>{"a"});
  CHECK(identical(some.features.value(), tensor({{1.0}, {4.0}, {7.0}}).value()));
  const data::Dataset whole = data::read_csv(path, {.drop = {0}, .missing = io::MissingPolicy::drop});
  CHECK(whole.size() == 2);  // the row without a name would count, the one without b does not
  CHECK_THROWS_AS(data::read_csv(path, {.drop = {"y"}}), IoError);
  CHECK_THROWS_AS(data::read_csv(path, {.drop = {"none"}}), IoError);
}
