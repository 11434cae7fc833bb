#pragma once
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <reel/autograd/tape.hpp>

namespace reel::debug {

/// The part of a gradient that one op contributed.
struct Contribution {
  Entry entry;         ///< the op that uses the value as an input
  std::size_t number;  ///< its entry number
  Tensor gradient;
  double share;  ///< fraction of the sum of all parts' magnitudes, from 0 to 1
};

/// The contributions to the gradient of one entry, one per op that uses it, in the order of the backward pass.
class Ledger {
 public:
  Ledger(std::string title, std::vector<Contribution> parts, Tensor total);

  std::size_t size() const { return parts_.size(); }
  const Contribution& operator[](std::size_t i) const& { return parts_[i]; }
  Contribution operator[](std::size_t i) && { return std::move(parts_[i]); }
  std::vector<Contribution>::const_iterator begin() const { return parts_.begin(); }
  std::vector<Contribution>::const_iterator end() const { return parts_.end(); }
  /// The sum of the contributions: the gradient itself.
  Tensor total() const { return total_; }
  /// The fraction of the contributions that cancels in their sum: 0 if all have one sign, close to 1 if they nearly cancel.
  double cancellation() const { return cancellation_; }
  /// One line per contribution, largest first.
  std::string to_string() const;

 private:
  std::string title_;
  std::vector<Contribution> parts_;
  Tensor total_;
  double cancellation_ = 0;
};

}  // namespace reel::debug
