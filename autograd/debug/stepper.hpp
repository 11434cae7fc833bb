#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include <reel/autograd/debug/condition.hpp>
#include <reel/autograd/debug/entry_selector.hpp>
#include <reel/autograd/debug/finding.hpp>
#include <reel/autograd/debug/ledger.hpp>
#include <reel/autograd/debug/statistics.hpp>
#include <reel/autograd/debug/whence.hpp>
#include <reel/autograd/gradcheck.hpp>
#include <reel/core/mistake.hpp>

namespace reel::debug {

struct StepperOptions {
  /// d(something)/d(result), of its shape and dtype; 1 where the result is a scalar.
  Tensor seed = {};
  /// How many bytes of gradients may be kept for going back. Beyond them parts of the backward pass are computed again; the bits are
  /// the same.
  std::size_t budget = std::size_t{1} << 30;
};

/// Seconds that an op and its rule take, each run once more.
struct Timing {
  double forward, backward;
};

/// What a loss would be if some numbers were others: as their gradients promise, and as it is.
struct WhatIf {
  double before, predicted, actual;

  /// What the gradient, a straight line, does not see.
  double gap() const { return actual - predicted; }
  std::string to_string() const;
};

/// A program's tape as a list of events, F0 … Fn-1 (each op is run), then Bn-1 … B0 (each op's rule is applied; at a leaf the gradient is
/// complete), with a cursor that moves both ways. What is seen at an event is the state after it, the same bits whichever way the
/// cursor came. The program's own parameters and gradients are left alone.
///
/// Errors: GradientError when the result has no history or a seed is missing or does not fit, Error when the history was released; Error
/// for a name that the tape does not have, ShapeError for a number or an index out of range.
class Stepper {
 public:
  explicit Stepper(const Tensor& result, StepperOptions options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(StepperOptions, explicit Stepper(const Tensor&, ...));
  Stepper(Stepper&& other) noexcept;
  Stepper& operator=(Stepper&& other) noexcept;
  ~Stepper();

  // Where the cursor is.

  Phase phase() const;
  /// From 0 to size() - 1.
  std::size_t position() const;
  /// How many events there are.
  std::size_t size() const;
  /// "F3", "B7"; "B7'" in a second backward pass.
  std::string event() const;
  /// The entry that the event is about, and its number, which is that of a Tape.
  Entry entry() const;
  std::size_t number() const;

  // Moving. False when there is nowhere to go.

  bool next();
  bool back();
  /// Throws ShapeError out of range.
  void seek(std::size_t position);
  /// "F3" or "B7". Throws Error for any other text.
  void seek(const std::string& event);
  /// On to the next event at which the condition holds, or back to the last; else to the end, or the beginning, and false.
  bool run_until(const Condition& condition);
  bool reverse_until(const Condition& condition);
  void run_to_end();
  void run_to_start();
  /// Appends another backward pass, whose gradients are added to those of leaves, as a second backward() does.
  void append_backward(const Tensor& seed = {});

  // What is there at the cursor. Without arguments: of the event's entry.

  /// How many entries the tape has.
  std::size_t entries() const;
  Entry entry(const EntrySelector& which) const;
  std::size_t find(const EntrySelector& which) const;
  Tensor result() const;
  /// The entry numbers of what an op takes, one an input; no_entry for a scalar constant.
  std::vector<std::size_t> inputs(const EntrySelector& which) const;
  static constexpr std::size_t no_entry = ~std::size_t{0};
  /// The ops that take an entry's value, oldest first.
  std::vector<std::size_t> users(const EntrySelector& which) const;

  bool has_value(const EntrySelector& which) const;
  /// Throws Error before it is computed.
  Tensor value(const EntrySelector& which) const;
  Tensor value() const;
  bool has_gradient(const EntrySelector& which) const;
  bool has_gradient() const;
  /// The sum of what has arrived so far. Throws GradientError before anything has.
  Tensor gradient(const EntrySelector& which) const;
  Tensor gradient() const;
  Statistics value_statistics(const EntrySelector& which) const;
  Statistics gradient_statistics(const EntrySelector& which) const;
  /// 0 for a leaf, and for the rule of an op without a gradient.
  Timing timing(const EntrySelector& which) const;

  // Why. Without an index: the element that stands out, the first NaN, infinity or largest magnitude.

  /// One element's gradient if it has arrived, else its value: the rule with its numbers in it, as a sentence.
  std::string explain(const EntrySelector& which, const Ints& index = {}) const;
  std::string explain_value(const EntrySelector& which, const Ints& index = {}) const;
  /// Who contributed what to the whole gradient.
  Ledger ledger(const EntrySelector& which) const;
  /// Of these, who did so by now.
  Ledger ledger_so_far(const EntrySelector& which) const;
  /// Where a gradient's element comes from: a NaN or an infinity, a zero, or a number, which is followed to where it grew most.
  Origin whence(const EntrySelector& which, const Ints& index = {}) const;
  /// The same of a value's NaN or infinity. Throws Error for a finite element.
  Origin whence_value(const EntrySelector& which, const Ints& index = {}) const;
  /// ∂output/∂input of an op, from its rule: a row for each element of the output, a column for each of input k. Throws ShapeError where
  /// that is more than 2²⁴ numbers.
  Tensor local_jacobian(const EntrySelector& which, std::size_t k = 0) const;
  /// gradcheck() of the op at the numbers that it was recorded with.
  GradcheckReport check(const EntrySelector& which, const GradcheckOptions& options = {}) const;

  // What if.

  /// The run with this value in place of a leaf's or an op's, and everything after it computed again; the cursor at its first event.
  Stepper with_value(const EntrySelector& which, const Tensor& value) const;
  /// The same for one element.
  Stepper with_element(const EntrySelector& which, const Ints& index, double value) const;
  /// The loss, Σ seed·result, if this element were greater by so much.
  WhatIf what_if(const EntrySelector& which, const Ints& index, double by) const;
  WhatIf what_if(const EntrySelector& which, const Tensor& value) const;

  /// For the other parts of the debugger.
  struct State;
  State& state() const { return *state_; }

 private:
  explicit Stepper(State* state) : state_(state) {}

  State* state_;
};

/// Who contributed what to an entry's gradient.
Ledger ledger(const Tensor& result, const EntrySelector& which, SourceLocation at = SourceLocation::here());
/// Where a gradient's element comes from; see Stepper::whence().
Origin whence(const Tensor& result, const EntrySelector& which, const Ints& index = {}, SourceLocation at = SourceLocation::here());

}  // namespace reel::debug
