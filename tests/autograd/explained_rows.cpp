// What the debugger says an element is made of adds up to it, for every op of the gradient-check table.
#include <cmath>
#include <set>
#include <sstream>
#include <string>

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "ops_table.hpp"

using namespace reel;

namespace {

/// The numbers at the ends of what stands between " + ", of "...: name = a 1 + b·c 2 + 3 smaller products 4."; none where it is no such
/// sum.
std::vector<double> parts_of(const std::string& sentence, const std::string& name) {
  std::vector<double> parts;
  const auto at = sentence.rfind(": " + name + " = ");
  if (at == std::string::npos) return parts;
  std::string text = sentence.substr(at + name.size() + 5);
  text.pop_back();
  for (std::size_t from = 0; from != std::string::npos;) {
    const std::size_t to = text.find(" + ", from);
    const std::string part = text.substr(from, to == std::string::npos ? to : to - from);
    parts.push_back(std::stod(part.substr(part.rfind(' ') + 1)));
    from = to == std::string::npos ? to : to + 3;
  }
  return parts;
}

struct Checked {
  std::set<std::string> sums, others;  // ops that are explained as sums, and those that are not
};

void check(const Row& row, const std::vector<Shape>& shapes, Dtype dtype, Checked& checked) {
  const SeedScope fixed(11);
  std::vector<Tensor> inputs;
  for (const Shape& shape : shapes) {
    const Range& range = row.ranges[std::min(inputs.size(), row.ranges.size() - 1)];
    inputs.push_back(variable(random::uniform(shape, {.low = range.low, .high = range.high, .dtype = dtype}))
                         .named("in" + std::string(inputs.size(), 'x')));
  }
  const Tensor y = row.f(inputs);
  if (!y.has_history() || y.size() == 0 || y.size() > 24) return;
  const debug::Stepper step(y, {.seed = ones_like(y)});
  const std::size_t own = step.entries() - 1;
  for (std::size_t p = 0; p < y.size(); ++p) {
    Ints index;
    const Shape strides = strides_of(y.shape());
    for (std::size_t i = 0; i < y.rank(); ++i) index.push_back(static_cast<std::ptrdiff_t>(p / strides[i] % y.shape()[i]));
    const std::string sentence = step.explain_value(own, index);
    std::string name = sentence.substr(0, sentence.find(" = "));
    const std::vector<double> parts = parts_of(sentence, name);
    (parts.empty() ? checked.others : checked.sums).insert(step.entry(own).op());
    if (parts.empty()) {
      CAPTURE(row.op, row.variant, sentence);
      CHECK(sentence.find("smaller ones that make") == std::string::npos);
      continue;
    }
    double sum = 0, size = 0;
    for (const double part : parts) {
      sum += part;
      size += std::abs(part);
    }
    const double value = y.value().as_double(p);
    CAPTURE(row.op, row.variant, to_string(shapes[0]), p, sentence, sum, value);
    CHECK(std::abs(sum - value) <= 1e-5 * size + 1e-12);  // six digits are printed
  }
}

}  // namespace

TEST_CASE("for every op the parts that explain names add up to the element, or no sum is claimed") {
  for (const Dtype dtype : {float64, float32}) {
    Checked checked;
    for (const Row& row : gradient_rows())
      for (const std::vector<Shape>& shapes : row.cases) check(row, shapes, dtype, checked);
    CAPTURE(dtype);
    for (const char* op :
         {"add",       "sub",     "mul",         "neg",   "sum",  "mean",   "matmul", "conv1d", "conv2d", "conv_transpose2d",
          "transpose", "reshape", "concatenate", "slice", "take", "gather", "where",  "lerp",   "cumsum", "broadcast_to"}) {
      CAPTURE(op);
      CHECK(checked.sums.contains(op));
    }
    for (const char* op : {"exp", "log", "tanh", "softmax", "max", "prod", "square", "sqrt"}) {
      CAPTURE(op);
      CHECK(checked.others.contains(op));
    }
    for (const char* op : {"exp", "log", "tanh", "square", "sqrt"})
      CHECK_FALSE(checked.sums.contains(op));  // of one element max is the identity
  }
}
