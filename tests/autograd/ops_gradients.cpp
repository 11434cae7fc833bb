#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <reel/testing/catch.hpp>

#include "ops_table.hpp"

using namespace reel;

namespace {

std::vector<Tensor> inputs_of(const Row& row, const std::vector<Shape>& shapes, Dtype dtype) {
  const SeedScope fixed(11);
  std::vector<Tensor> inputs;
  for (const Shape& shape : shapes) {
    const Range& range = row.ranges[std::min(inputs.size(), row.ranges.size() - 1)];
    inputs.push_back(variable(random::uniform(shape, {.low = range.low, .high = range.high, .dtype = dtype})));
  }
  return inputs;
}

std::string text_of(const Row& row, const std::vector<Shape>& shapes) {
  std::string text = row.op + (row.variant.empty() ? "" : ", " + row.variant) + ":";
  for (const Shape& shape : shapes) text += " " + to_string(shape);
  return text;
}

void check_all(Dtype dtype, const GradcheckOptions& options) {
  for (const Row& row : gradient_rows()) {
    for (const std::vector<Shape>& shapes : row.cases) {
      CAPTURE(text_of(row, shapes), dtype);
      CHECK_THAT(row.f, HasRightGradient(inputs_of(row, shapes, dtype), options));
    }
  }
}

/// A comparison, and what it gives for 1, 2 and 3 against 2.
struct Comparison {
  const char* op;
  Tensor (*f)(Operand, Operand);
  bool below, same, above;
};

const Comparison comparisons[] = {{"equal", equal, false, true, false},     {"not_equal", not_equal, true, false, true},
                                  {"less", less, true, false, false},       {"less_equal", less_equal, true, true, false},
                                  {"greater", greater, false, false, true}, {"greater_equal", greater_equal, false, true, true}};

/// Other ops without a gradient; their tests are in elementwise_ops.cpp.
const char* const predicates[] = {"logical_and", "logical_or", "logical_xor", "logical_not", "isnan", "isinf", "isfinite"};

/// The name in "Tensor name(...)", or with a struct of tensors in Tensor's place, if that takes an Operand or tensors; empty for other
/// statements, and for operators.
std::string op_declared_by(const std::string& statement) {
  static const std::regex declaration("\n[A-Z]\\w* (\\w+)\\(");
  std::smatch found;
  if (!std::regex_search(statement, found, declaration)) return {};
  const std::string parameters = found.suffix();
  const bool takes_tensors = parameters.find("Operand ") != std::string::npos || parameters.find("Tensor") != std::string::npos;
  return takes_tensors ? found[1].str() : std::string();
}

/// The functions that the headers declare in a line of their own, "Tensor name(Operand ...);".
std::set<std::string> declared_ops() {
  std::vector<std::filesystem::path> headers{REEL_SOURCE_DIR "/autograd/random.hpp"};
  for (const char* folder : {REEL_SOURCE_DIR "/autograd/ops", REEL_SOURCE_DIR "/nn/losses"})
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      if (entry.path().extension() == ".hpp" && entry.path().stem() != "checks") headers.push_back(entry.path());  // those are internal
  std::set<std::string> names;
  for (const auto& header : headers) {
    std::ifstream file(header);
    for (std::string statement; std::getline(file, statement, ';');)
      if (const std::string op = op_declared_by(statement); !op.empty()) names.insert(op);
  }
  return names;
}

}  // namespace

TEST_CASE("every op has the right gradient, first and second order, in float64") { check_all(float64, {.order = 2}); }

TEST_CASE("every op has the right gradient in float32") { check_all(float32, {}); }

TEST_CASE("comparisons compare, and no gradient flows through them") {
  const Tensor x = variable(tensor({1.0, 2.0, 3.0}, {.dtype = float64}));
  for (const Comparison& c : comparisons) {
    CAPTURE(c.op);
    const Tensor y = c.f(x, 2.0);
    CHECK(identical(y.value(), tensor({c.below, c.same, c.above}).value()));
    CHECK_FALSE(y.has_history());
    // As a factor it is a constant: the gradient is the mask itself.
    CHECK(identical(gradients(sum(x * c.f(x, 2.0)), {x})[0].value(), astype(y, float64).value()));
    CHECK(identical(gradients(sum(x + astype(c.f(x, 2.0), float64)), {x})[0].value(), ones_like(x).value()));
    CHECK(c.f(variable(zeros({3, 1})), zeros({1, 4})).shape() == Shape{3, 4});
  }
}

TEST_CASE("every op that the headers declare has a row in the table") {
  std::set<std::string> covered;
  for (const Row& row : gradient_rows()) covered.insert(row.op);
  for (const Comparison& c : comparisons) covered.insert(c.op);
  covered.insert(std::begin(predicates), std::end(predicates));
  const std::set<std::string> declared = declared_ops();
  REQUIRE(declared.size() > 30);
  REQUIRE(declared.count("matmul") == 1);
  REQUIRE(declared.count("concatenate") == 1);
  REQUIRE(declared.count("dropout") == 1);
  REQUIRE(declared.count("ctc_loss") == 1);
  for (const std::string& op : declared) {
    CAPTURE(op);
    CHECK(covered.count(op) == 1);
  }
  for (const std::string& op : covered) {
    CAPTURE(op);
    CHECK(declared.count(op) == 1);
  }
}
