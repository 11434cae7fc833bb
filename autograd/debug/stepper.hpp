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
  /// The gradient of the result to start from, of its shape and dtype; default 1, if the result is a scalar.
  Tensor seed = {};
  /// Number of bytes of gradients that may be kept for going back, default 1 GiB. Beyond it, parts of the backward pass are computed again,
  /// with the same bits.
  std::size_t budget = std::size_t{1} << 30;
};

/// Seconds that one op and its rule take, each run once more.
struct Timing {
  double forward, backward;
};

/// The loss before a change of some numbers, the loss that the gradient predicts for the change, and the actual loss after it.
struct WhatIf {
  double before, predicted, actual;

  /// The error of the gradient's linear prediction: actual - predicted.
  double gap() const { return actual - predicted; }
  std::string to_string() const;
};

/// A debugger for one tape: the tape as a list of events, F0 … Fn-1 (each op is run), then Bn-1 … B0 (each op's rule is applied; at a leaf
/// the gradient is complete), with a cursor that moves both ways. An event shows the state after it, with the same bits from whichever
/// direction the cursor came. The program's own parameters and gradients are not changed.
///
/// Throws GradientError when the result has no history or a seed is missing or does not fit, Error when the history was released; Error for
/// a name that the tape does not have, ShapeError for a number or an index out of range.
class Stepper {
 public:
  explicit Stepper(const Tensor& result, StepperOptions options = {}, SourceLocation at = SourceLocation::here());
  REEL_NO_SUCH_OPTION(StepperOptions, explicit Stepper(const Tensor&, ...));
  Stepper(Stepper&& other) noexcept;
  Stepper& operator=(Stepper&& other) noexcept;
  ~Stepper();

  // Where the cursor is.

  Phase phase() const;
  /// The cursor's position, from 0 to size() - 1.
  std::size_t position() const;
  /// Number of events.
  std::size_t size() const;
  /// The name of the event: "F3", "B7"; "B7'" in a second backward pass.
  std::string event() const;
  /// The entry that the event is about, and its number, the same as in a Tape.
  Entry entry() const;
  std::size_t number() const;

  // Moving. The functions return false when there is nowhere to go.

  bool next();
  bool back();
  /// Moves to a position. Throws ShapeError when it is out of range.
  void seek(std::size_t position);
  /// Moves to an event by name, "F3" or "B7". Throws Error for any other text.
  void seek(const std::string& event);
  /// Moves on to the next (back to the previous) event at which the condition is true, and returns true; if there is none, moves to the end
  /// (the beginning) and returns false.
  bool run_until(const Condition& condition);
  bool reverse_until(const Condition& condition);
  void run_to_end();
  void run_to_start();
  /// Appends another backward pass, whose gradients are added to those of the leaves, as a second backward() would do.
  void append_backward(const Tensor& seed = {});

  // The state at the cursor. Functions without an argument are about the event's entry.

  /// Number of entries of the tape.
  std::size_t entries() const;
  Entry entry(const EntrySelector& which) const;
  std::size_t find(const EntrySelector& which) const;
  Tensor result() const;
  /// The entry numbers of an op's inputs, one per input; no_entry for a scalar constant.
  std::vector<std::size_t> inputs(const EntrySelector& which) const;
  static constexpr std::size_t no_entry = ~std::size_t{0};
  /// The numbers of the ops that use an entry's value, oldest first.
  std::vector<std::size_t> users(const EntrySelector& which) const;

  bool has_value(const EntrySelector& which) const;
  /// An entry's value. Throws Error if the cursor is before the event that computes it.
  Tensor value(const EntrySelector& which) const;
  Tensor value() const;
  bool has_gradient(const EntrySelector& which) const;
  bool has_gradient() const;
  /// An entry's gradient: the sum of the contributions so far. Throws GradientError if there is none yet.
  Tensor gradient(const EntrySelector& which) const;
  Tensor gradient() const;
  Statistics value_statistics(const EntrySelector& which) const;
  Statistics gradient_statistics(const EntrySelector& which) const;
  /// The time of an op and its rule; 0 for a leaf, and for the rule of an op without a gradient.
  Timing timing(const EntrySelector& which) const;

  // Reasons. Without an index, the element that stands out: the first NaN or infinity, else the largest magnitude.

  /// Explains one element of a gradient, or of the value if there is no gradient yet: the rule with its numbers, as a sentence.
  std::string explain(const EntrySelector& which, const Ints& index = {}) const;
  std::string explain_value(const EntrySelector& which, const Ints& index = {}) const;
  /// The contributions to the whole gradient, one per op that uses the entry.
  Ledger ledger(const EntrySelector& which) const;
  /// The contributions that have arrived at the cursor.
  Ledger ledger_so_far(const EntrySelector& which) const;
  /// Traces the origin of one element of a gradient: a NaN or an infinity to the op or rule that made it, a zero to the op that lets
  /// nothing through, any other number to where it grew most.
  Origin whence(const EntrySelector& which, const Ints& index = {}) const;
  /// The same for a NaN or an infinity of a value. Throws Error for a finite element.
  Origin whence_value(const EntrySelector& which, const Ints& index = {}) const;
  /// The Jacobian ∂output/∂input k of one op, from its rule: one row per element of the output, one column per element of the input. Throws
  /// ShapeError if it has more than 2²⁴ elements.
  Tensor local_jacobian(const EntrySelector& which, std::size_t k = 0) const;
  /// Runs gradcheck() on one op at the values that it was recorded with.
  GradcheckReport check(const EntrySelector& which, const GradcheckOptions& options = {}) const;

  // What if.

  /// A stepper over the run with this value in place of a leaf's or an op's, and everything after it computed again. Its cursor is at the
  /// first event.
  Stepper with_value(const EntrySelector& which, const Tensor& value) const;
  /// The same for one element.
  Stepper with_element(const EntrySelector& which, const Ints& index, double value) const;
  /// The loss, Σ seed·result, before and after increasing this element by `by`, or replacing the value, and as the gradient predicts it.
  WhatIf what_if(const EntrySelector& which, const Ints& index, double by) const;
  WhatIf what_if(const EntrySelector& which, const Tensor& value) const;

  /// For the other parts of the debugger.
  struct State;
  State& state() const { return *state_; }

 private:
  explicit Stepper(State* state) : state_(state) {}

  State* state_;
};

/// The contributions to an entry's gradient; see Stepper::ledger().
Ledger ledger(const Tensor& result, const EntrySelector& which, SourceLocation at = SourceLocation::here());
/// The origin of an element of a gradient; see Stepper::whence().
Origin whence(const Tensor& result, const EntrySelector& which, const Ints& index = {}, SourceLocation at = SourceLocation::here());

}  // namespace reel::debug
