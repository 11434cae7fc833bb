#pragma once
// What a gradient check finds wrong, and its words; internal, not installed.
#include <cstdint>
#include <string>
#include <vector>

#include <reel/autograd/gradcheck/numeric.hpp>
#include <reel/core/array.hpp>
#include <reel/core/error.hpp>

namespace reel::detail {

enum class Fault {
  mismatch,      // the rule's number is not the numeric one
  not_linear,    // in dy
  inconsistent,  // the gradient that can be differentiated again is another one
  kink,
  too_rough,  // the numeric derivative is too uncertain to judge by
  not_deterministic,
  changed_input,
  failed,  // f or a rule threw
};

/// One element of an input, with what the rule and the differences say of it.
struct Element {
  std::size_t input = 0, position = 0;
  double rule = 0;
  Slope slope{};
  double allowed = 0;

  double difference() const;
};

struct Finding {
  Fault fault;
  int order = 1;
  std::uint64_t seed = 0;
  /// Of the op to blame; empty where there is none.
  std::string op = {}, rule = {};
  SourceLocation at = {};
  bool ops_are_right = false;  // each one by itself
  std::string label = {};      // "input 0"
  std::string element = {};    // "x[2,1] = 1.5"
  Element worst = {};
  std::string output = {};           // "y[1]" where the numbers are of one element of the result, else empty
  std::size_t wrong = 0, total = 0;  // elements of all inputs
  std::string text = {};             // of faults that are not about one element
};

/// "x[2,1]", or "x" for a scalar.
std::string element_name(const std::string& symbol, const Shape& shape, std::size_t position);
/// Nine digits, and never -0.
std::string number_text(double value);

std::string message_of(const Finding& finding);

}  // namespace reel::detail
