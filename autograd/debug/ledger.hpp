#pragma once
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <reel/autograd/tape.hpp>

namespace reel::debug {

/// What one op gave to a gradient.
struct Contribution {
  Entry entry;         ///< the op that takes the value
  std::size_t number;  ///< its entry number
  Tensor gradient;
  double share;  ///< of the sum of all magnitudes, from 0 to 1
};

/// Who contributed what to the gradient of one entry, in the order of the backward pass.
class Ledger {
 public:
  Ledger(std::string title, std::vector<Contribution> parts, Tensor total);

  std::size_t size() const { return parts_.size(); }
  const Contribution& operator[](std::size_t i) const& { return parts_[i]; }
  Contribution operator[](std::size_t i) && { return std::move(parts_[i]); }
  std::vector<Contribution>::const_iterator begin() const { return parts_.begin(); }
  std::vector<Contribution>::const_iterator end() const { return parts_.end(); }
  /// The gradient itself.
  Tensor total() const { return total_; }
  /// How much of the parts is lost in their sum: 0 where all have one sign, close to 1 where they nearly cancel.
  double cancellation() const { return cancellation_; }
  /// A line a contribution, largest first.
  std::string to_string() const;

 private:
  std::string title_;
  std::vector<Contribution> parts_;
  Tensor total_;
  double cancellation_ = 0;
};

}  // namespace reel::debug
