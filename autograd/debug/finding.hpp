#pragma once
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <reel/autograd/debug/condition.hpp>

namespace reel::debug {

/// The kind of a Finding.
enum class Problem {
  nan_born,          ///< an op or a rule made a NaN from numbers
  infinity_born,     ///< an op or a rule made an infinity
  masked,            ///< a NaN or an infinity that does not reach the result
  wrong_rule,        ///< a rule differs from the numeric derivative
  stale_gradient,    ///< a parameter still has a gradient of an earlier backward pass
  no_gradient,       ///< the result does not depend on a parameter, or no rule passes a gradient to it
  silent_broadcast,  ///< shapes such as (n, 1) and (n,) were broadcast to (n, n)
  vanishing_gradient,
  exploding_gradient,
  dead_units,     ///< units whose output and gradient are zero for all samples
  saturated,      ///< elements at which an op's derivative is nearly 0
  cancellation,   ///< the terms of a sum cancel nearly completely
  unused_output,  ///< a part of an op's output that nothing depends on
};

/// The name of a problem: "NaN born", "dead units", ...
std::string name_of(Problem problem);

/// One alert: a problem, with the op, the line and the numbers in its message.
class Finding {
 public:
  Finding(Problem problem, Entry entry, std::size_t number, Phase phase, const Ints& index, std::string message);

  Problem problem() const { return problem_; }
  /// The entry that causes the problem, and its number.
  Entry entry() const { return entry_; }
  std::size_t number() const { return number_; }
  /// Whether the entry's value (forward) or its rule (backward) is meant.
  Phase phase() const { return phase_; }
  /// The index of the element; empty if the problem is about all elements.
  Ints index() const { return index_; }
  /// Text that begins with the problem, the op and its line.
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
