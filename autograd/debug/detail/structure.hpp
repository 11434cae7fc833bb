#pragma once
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

/// The inputs in which an op is linear: the largest set of inputs in which it is jointly linear while the others stay constant. A sum is
/// linear in all inputs, a matrix product in either factor, lerp(a, b, t) in a and b. Determined by computing the op for other values, not
/// by its name.
class Structure {
 public:
  Structure(const Run& run, std::size_t entry);

  const OpJacobian& local() const { return local_; }
  bool is_linear() const { return !inputs_.empty(); }
  /// An element of the output as a sum: the contributions of each element of these inputs, and a constant; nothing if the op is not linear
  /// in any input, or its rule does not give the numbers of the sum. Partners are left out.
  std::optional<std::vector<Summand>> summands(std::size_t position) const;
  /// Fills in the elements of other inputs that are the factors of these summands, as in a matrix product.
  void find_partners(std::size_t position, std::span<Summand* const> summands) const;

 private:
  Array output_for(const std::vector<std::size_t>& inputs, const std::vector<Array>& values) const;
  bool is_linear_by(const std::vector<std::size_t>& inputs);

  OpJacobian local_;
  std::vector<std::size_t> floating_, inputs_;
  Array constant_;  // the output if these inputs are zero
};

}  // namespace reel::debug
