#pragma once
// Internal; not installed.
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include <reel/autograd/debug/detail/run.hpp>
#include <reel/autograd/detail/sweep.hpp>

namespace reel::debug {

/// One backward pass over a run, at any point of it. What its steps changed is kept, so that they can be taken back, within a number of
/// bytes; beyond that the pass is done again from the last of the points at which all of its sums were kept. Rules are pure, so the
/// bits are the same.
class BackwardReplay {
 public:
  /// Throws GradientError when the result has no history, or the seed does not fit.
  BackwardReplay(const Run& run, const Tensor& seed, std::size_t budget, SourceLocation at);

  const Tensor& seed() const { return seed_; }
  /// The gradient of an entry when so many entries, newest first, have gone through their rules; not defined where there is none.
  Tensor gradient(std::size_t entry, std::size_t done);
  /// The whole gradient.
  Tensor gradient(std::size_t entry) { return gradient(entry, run_.size()); }
  /// What an op's rule gives to each of its inputs (no place for the same entry twice: the sum stands at the first), not defined where
  /// it gives nothing. Empty if the op has no gradient itself. The last answer is kept, unless it is asked for `again`.
  const std::vector<Tensor>& contributions(std::size_t user, bool again = false);
  /// What it gives to one entry.
  Tensor contribution(std::size_t user, std::size_t entry);

  std::size_t kept_bytes() const { return step_bytes_ + mark_bytes_; }

 private:
  struct Step {
    Tensor before, dy;  // the gradient that arrived, and after its hooks
    std::vector<std::pair<std::uint32_t, Tensor>> sums;
    std::size_t bytes = 0;
  };
  struct Mark {
    std::vector<std::pair<std::uint32_t, Tensor>> sums;
    std::size_t bytes = 0;
  };

  void go_to(std::size_t done);
  void forward();
  void back();
  void restore(std::size_t position);
  void mark();
  void thin_marks();
  std::size_t bytes_of_everything() const;
  Tensor final_gradient(std::size_t item);

  const Run& run_;
  reel::detail::Sweep sweep_;
  Tensor seed_;
  std::size_t budget_;
  std::size_t position_ = 0;           // steps done
  std::deque<Step> steps_;             // the last of them
  std::map<std::size_t, Mark> marks_;  // by position
  std::size_t stride_ = 0;             // between marks; 0: everything is kept
  std::size_t step_bytes_ = 0, mark_bytes_ = 0;
  std::size_t contributions_of_ = npos;
  std::vector<Tensor> contributions_;
};

}  // namespace reel::debug
