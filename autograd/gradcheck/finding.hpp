#pragma once
// What a gradient check finds.
#include <cstdint>
#include <string>
#include <vector>

#include <reel/autograd/gradcheck.hpp>
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
  wrong_form,  // a gradient of another shape, dtype or number
  failed,      // f or a rule threw
};

/// The name of the fault in a report.
std::string name_of(Fault fault);

/// One element of an input, with its derivative by the rule and by differences.
struct Element {
  std::size_t input = 0, position = 0;
  double rule = 0;
  Slope slope{};
  double allowed = 0;

  double difference() const;
};

/// A common mistake that explains the numbers.
struct Mistake {
  std::string name = {};  // "transposed"; empty for none
  std::string text = {};  // how it shows
};

struct Finding {
  Fault fault;
  int order = 1;
  std::uint64_t seed = 0;
  /// Of the op whose rule is wrong; empty if there is none.
  std::string op = {}, rule = {};
  SourceLocation at = {};
  std::string module = {};          // "2.gate": the path of the module that recorded the op
  bool ops_are_right = false;       // each op checked separately
  std::size_t ops_checked = 0;      // besides the wrong one
  std::string label = {};           // "input 0"
  std::vector<Element> wrong = {};  // worst first
  std::vector<GradcheckElement> worst = {};
  std::string output = {};    // "y[1]" where the numbers are of one element of the result, else empty
  std::size_t total = 0;      // elements that were checked, of all inputs
  double rate = 0;            // of the Taylor remainder; 0 where it was not measured
  std::string together = {};  // printed after the element's value if several equal ones were moved
  Mistake mistake = {};
  std::vector<std::string> ruled_out = {};
  std::string text = {};  // of faults that are not about one element
  // Of every input, float64, for the search for a mistake: what the rule gives and what the differences do (NaN where not known).
  std::vector<Array> rule_gradients = {}, numeric_gradients = {};
};

/// "x[2,1]", or "x" for a scalar.
std::string element_name(const std::string& symbol, const Shape& shape, std::size_t position);
/// Nine digits, and never -0 or -nan.
std::string number_text(double value);

GradcheckReport report_of(const Finding& finding);

}  // namespace reel::detail
