#pragma once
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include <reel/autograd/debug/detail/run.hpp>
#include <reel/autograd/detail/sweep.hpp>

namespace reel::debug {

/// One backward pass over a run, at any point of it. The changes of its steps are kept within a number of bytes, so that steps can be taken
/// back; beyond it the pass is computed again from the last point (mark) at which all of its sums were kept. Rules are pure, so the bits
/// are the same.
class BackwardReplay {
 public:
  /// Throws GradientError when the result has no history, or the seed does not fit.
  BackwardReplay(const Run& run, const Tensor& seed, std::size_t budget, SourceLocation at);

  const Tensor& seed() const { return seed_; }
  /// The gradient of an entry after `done` entries, newest first, have gone through their rules; undefined if there is none.
  Tensor gradient(std::size_t entry, std::size_t done);
  /// The complete gradient.
  Tensor gradient(std::size_t entry) { return gradient(entry, run_.size()); }
  /// The gradients that an op's rule returns for each of its inputs (if an entry is an input twice, the sum stands at the first), undefined
  /// if there is none. Empty if the op has no gradient itself. The last result is cached, unless `again` is true.
  const std::vector<Tensor>& contributions(std::size_t user, bool again = false);
  /// The part that the op contributes to one entry.
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
