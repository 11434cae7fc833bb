#pragma once
#include <span>
#include <vector>

#include <reel/autograd/detail/node.hpp>

namespace reel::detail {

/// Forward mode along a recorded history: tangents go from the oldest entry to the newest. No op needs a forward rule: an op's rule is
/// linear in dy, dx = Jᵀ u, so the tangent J ẋ of its output is the derivative of <Jᵀ u, ẋ> with respect to u, one small reverse sweep over
/// what the rule records.
class Forward {
 public:
  Forward(History history, bool differentiable);

  const History& history() const { return history_; }
  /// Adds to the tangent of an item before run().
  void add(std::size_t item, Tensor tangent);
  /// The tangent of the (only) root; undefined if it is zero. Afterwards all tangents are released.
  Tensor run();

 private:
  void step(std::size_t item);
  Tensor through_rule(Node* node, std::span<const Tensor> tangents) const;
  Tensor through_checkpoint(Node* node, std::span<const Tensor> tangents) const;

  History history_;
  bool differentiable_;
  std::vector<Tensor> tangents_;
  std::vector<std::uint32_t> last_use_;  // the newest item that uses an item; its tangent is released there
};

}  // namespace reel::detail
