#pragma once
// Internal; not installed.
#include <span>
#include <vector>

#include <reel/autograd/detail/node.hpp>

namespace reel::detail {

/// Forward mode along a recorded history: tangents go from the oldest entry to the newest. No op has a rule for this: an op's rule is
/// linear in dy, dx = Jᵀ u, and so the tangent J ẋ of its output is the derivative of <Jᵀ u, ẋ> by u, one small reverse sweep over what the
/// rule records.
class Forward {
 public:
  Forward(History history, bool differentiable);

  const History& history() const { return history_; }
  /// Adds to the tangent of an item before run().
  void add(std::size_t item, Tensor tangent);
  /// The tangent of the (only) root; not defined where it is zero. Afterwards all tangents are gone.
  Tensor run();

 private:
  void step(std::size_t item);
  Tensor through_rule(Node* node, std::span<const Tensor> tangents) const;
  Tensor through_checkpoint(Node* node, std::span<const Tensor> tangents) const;

  History history_;
  bool differentiable_;
  std::vector<Tensor> tangents_;
  std::vector<std::uint32_t> last_use_;  // the newest item that an item is an input of; there its tangent is let go
};

}  // namespace reel::detail
