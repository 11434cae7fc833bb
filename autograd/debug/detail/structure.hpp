#pragma once
// Internal; not installed.
#include <optional>
#include <span>
#include <vector>

#include <reel/autograd/debug/detail/op_jacobian.hpp>

namespace reel::debug {

/// One summand of an element of an op's output.
struct Summand {
  double value;
  std::size_t input, position;  // npos for a constant of the op
  double factor = 1;            // value = factor · element, or · element · partner
  std::size_t partner_input = npos, partner_position = npos;
};

/// What an op is linear by: the largest set of its inputs that it is linear by together, while the others stay as they are. A sum is linear
/// by all, a matrix product by either factor, lerp(a, b, t) by a and b. Decided by what the op computes for other numbers, not by its name.
class Structure {
 public:
  Structure(const Run& run, std::size_t entry);

  const OpJacobian& local() const { return local_; }
  bool is_linear() const { return !inputs_.empty(); }
  /// An element as the sum of what each element of these inputs gives to it, and of a constant; none where the op is not linear by any
  /// input, or its rule does not give the numbers for the sum. Partners are left out.
  std::optional<std::vector<Summand>> summands(std::size_t position) const;
  /// Fills in the elements of other inputs that slopes are, as in a matrix product.
  void find_partners(std::size_t position, std::span<Summand* const> summands) const;

 private:
  Array output_for(const std::vector<std::size_t>& inputs, const std::vector<Array>& values) const;
  bool is_linear_by(const std::vector<std::size_t>& inputs);

  OpJacobian local_;
  std::vector<std::size_t> floating_, inputs_;
  Array constant_;  // the output where these inputs are zero
};

}  // namespace reel::debug
