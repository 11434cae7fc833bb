#pragma once
// Internal; not installed.
#include <deque>

#include <reel/autograd/debug/detail/analysis.hpp>
#include <reel/autograd/debug/stepper.hpp>

namespace reel::debug {

/// What a Stepper is made of: a run, its backward passes, and the cursor.
struct Stepper::State {
  State(const Tensor& result, StepperOptions options_, SourceLocation at_) : run(result), options(std::move(options_)), at(at_) {
    reversals.emplace_back(run, options.seed, options.budget, at);
  }

  std::size_t entries() const { return run.size(); }
  std::size_t size() const { return run.size() * (1 + reversals.size()); }
  bool is_forward() const { return position < run.size(); }
  /// Which backward pass the cursor is in, and how many of its steps are done.
  std::size_t pass() const { return position / run.size() - 1; }
  std::size_t done() const { return position % run.size() + 1; }
  std::size_t number() const { return is_forward() ? position : run.size() - done(); }
  std::string event() const;

  /// What has arrived at an entry by now; not defined before that.
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
