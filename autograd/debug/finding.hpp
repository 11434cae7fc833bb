#pragma once
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <reel/autograd/debug/condition.hpp>

namespace reel::debug {

/// What is wrong.
enum class Problem {
  nan_born,          ///< an op or a rule made a NaN of numbers
  infinity_born,     ///< an op or a rule made an infinity
  masked,            ///< a NaN or an infinity that the result does not show
  wrong_rule,        ///< a rule differs from the numeric derivative
  stale_gradient,    ///< a parameter has a gradient from before
  no_gradient,       ///< a parameter that the result does not reach, or to which no rule passes a gradient
  silent_broadcast,  ///< (n, 1) against (n,)
  vanishing_gradient,
  exploding_gradient,
  dead_units,     ///< units whose output and gradient are zero for all inputs
  saturated,      ///< elements at which an op is flat
  cancellation,   ///< nearly all of a sum is lost in it
  unused_output,  ///< a part of a result that nothing depends on
};

/// "NaN born", "dead units", ...
std::string name_of(Problem problem);

/// Something to look at, with the op, the place and the numbers in its message.
class Finding {
 public:
  Finding(Problem problem, Entry entry, std::size_t number, Phase phase, const Ints& index, std::string message);

  Problem problem() const { return problem_; }
  /// The entry to blame, and its number.
  Entry entry() const { return entry_; }
  std::size_t number() const { return number_; }
  /// Whether its value is meant, or its rule.
  Phase phase() const { return phase_; }
  /// The element; empty where it is about all of them.
  Ints index() const { return index_; }
  /// Begins with the problem, the op and its line.
  const std::string& message() const& { return message_; }
  std::string message() && { return std::move(message_); }

 private:
  Problem problem_;
  Phase phase_;
  std::size_t number_;
  Ints index_;
  Entry entry_;
  std::string message_;
};

}  // namespace reel::debug
