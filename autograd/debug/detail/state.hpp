#pragma once
#include <deque>

#include <reel/autograd/debug/detail/analysis.hpp>
#include <reel/autograd/debug/stepper.hpp>

namespace reel::debug {

/// The state of a Stepper: a run, its backward passes, and the cursor.
struct Stepper::State {
  State(const Tensor& result, StepperOptions options_, SourceLocation at_) : run(result), options(std::move(options_)), at(at_) {
    reversals.emplace_back(run, options.seed, options.budget, at);
  }

  std::size_t entries() const { return run.size(); }
  std::size_t size() const { return run.size() * (1 + reversals.size()); }
  bool is_forward() const { return position < run.size(); }
  /// The backward pass that the cursor is in, and the number of its steps that are done.
  std::size_t pass() const { return position / run.size() - 1; }
  std::size_t done() const { return position % run.size() + 1; }
  std::size_t number() const { return is_forward() ? position : run.size() - done(); }
  std::string event() const;

  /// The gradient that has arrived at an entry at the cursor; undefined if there is none yet.
  Tensor gradient(std::size_t entry);

  Run run;
  StepperOptions options;
  SourceLocation at;
  std::deque<BackwardReplay> reversals;
  std::size_t position = 0;
};

/// The event at a stepper's cursor.
class StepperMoment final : public Moment {
 public:
  explicit StepperMoment(Stepper::State& state);

  std::vector<Array> made() const override;
  std::vector<Array> taken() const override;
  std::vector<Array> seen() const override;
  bool ends_forward() const override;

 private:
  std::vector<Array> inputs() const;

  Stepper::State& state_;
};

}  // namespace reel::debug
