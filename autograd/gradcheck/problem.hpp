#pragma once
// The subject of one gradient check: a function at a point.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <reel/autograd/parameter.hpp>
#include <reel/autograd/tape.hpp>
#include <reel/autograd/tensor.hpp>

namespace reel::detail {

using Tensors = std::vector<Tensor>;

/// A function from tensors to tensors. Results that are gradients have a history if `differentiable` is true.
using TensorFunction = std::function<Tensors(const Tensors& inputs, bool differentiable)>;

/// Thrown when the function modified an input.
struct InputChanged {
  std::size_t input;
};

/// An input of the function, and its value at the point where it is checked.
struct Input {
  Array value;
  bool checked;
  std::string label;   // "input 0"
  std::string symbol;  // "x", or its name
  bool is_dy = false;  // a gradient that a rule is given
};

/// A function at a point, with fixed weights that make one number of its results.
struct Problem {
  TensorFunction function;
  std::vector<Input> inputs;
  std::vector<std::string> outputs;  // symbols: "y"
  std::vector<Array> weights;
  int order = 1;
  std::uint64_t seed = 0;

  /// The results at a point, given as one array per input. The function gets copies of its own. Throws InputChanged, and Error when the
  /// results' shapes differ from the weights'.
  Tensors evaluate(const std::vector<Array>& point, bool differentiable = false) const;
  /// The gradients with respect to the checked inputs, for given dy, at a point, by default the problem's own; the arrays of other inputs
  /// are empty. Throws InputChanged.
  std::vector<Array> pull_back(const std::vector<Array>& dy) const { return pull_back(dy, point()); }
  std::vector<Array> pull_back(const std::vector<Array>& dy, const std::vector<Array>& at) const { return pull_back(dy, at, 0, 0); }
  /// The same, where each number of the gradients on the way is perturbed at random by this relative amount (`shake`).
  std::vector<Array> pull_back(const std::vector<Array>& dy, const std::vector<Array>& at, double shake, std::uint64_t shake_seed) const;

  std::vector<Array> point() const;
  /// The point with each number of the checked inputs moved by this number of units in the last place (for a dtype with this epsilon), up
  /// or down at random; zeros stay.
  std::vector<Array> nudged(double units, double epsilon) const;
  /// The size of what the results are computed from: the largest of the entries on their tape, each by the lower quartile of its
  /// magnitudes, so that the large numbers of a mask do not count.
  double magnitude() const;
  /// The results at the problem's point, even if the function modifies its inputs.
  Tensors results() const;
};

/// The tensor's name, or "x".
std::string symbol_of(const Tensor& input);

/// A problem for a function of one result. Throws Error when that result is not floating.
Problem make_problem(TensorFunction function, std::vector<Input> inputs, std::uint64_t seed);
/// A problem for one op of a tape, at the inputs that it was recorded with. The entry has to outlive the problem.
Problem problem_of(const Entry& entry, std::uint64_t seed);

/// While alive, parameters are other tensors to the tape: an op that takes one of these parameters records the given tensor as its input.
class ParameterSwap {
 public:
  ParameterSwap(const std::vector<ParameterRef>& parameters, const Tensor* tensors);
  ~ParameterSwap();
  ParameterSwap(const ParameterSwap&) = delete;
  ParameterSwap& operator=(const ParameterSwap&) = delete;

 private:
  std::vector<std::pair<ParameterRef, Tensor>> before_;
};
/// The problem of the gradients: a function of the inputs and of dy, one order higher.
Problem differentiated(const Problem& problem);
/// The same problem at the same values in float64; nothing if the function does not allow it, or computes in float32 anyway.
std::optional<Problem> in_float64(const Problem& problem);

/// Fixed numbers between 0.5 and 1.5 with either sign, exact in float32; 1 where there is only one element.
Array random_weights(const Shape& shape, Dtype dtype, std::uint64_t seed);

/// float32 if anything that the results depend on was computed in it, else float64.
Dtype coarsest_dtype(const Problem& problem);

}  // namespace reel::detail
