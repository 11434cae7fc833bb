#pragma once
// What one gradient check is about; internal, not installed.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <reel/autograd/parameter.hpp>
#include <reel/autograd/tape.hpp>
#include <reel/autograd/tensor.hpp>

namespace reel::detail {

using Tensors = std::vector<Tensor>;

/// From tensors to tensors. Results that are gradients have a history where `differentiable` asks for it.
using TensorFunction = std::function<Tensors(const Tensors& inputs, bool differentiable)>;

/// Thrown when the function wrote to what it may only read.
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

  /// The results at a point, which is one array an input. The function gets copies of its own. Throws InputChanged, and Error when the
  /// results' shapes are not those of the weights.
  Tensors evaluate(const std::vector<Array>& point, bool differentiable = false) const;
  /// The gradients by the checked inputs at a point, by default the problem's own, for given dy; arrays of inputs that are not checked are
  /// empty. Throws InputChanged.
  std::vector<Array> pull_back(const std::vector<Array>& dy) const { return pull_back(dy, point()); }
  std::vector<Array> pull_back(const std::vector<Array>& dy, const std::vector<Array>& at) const { return pull_back(dy, at, 0, 0); }
  /// The same where each gradient on the way is off by so much, relative to each of its numbers, at random.
  std::vector<Array> pull_back(const std::vector<Array>& dy, const std::vector<Array>& at, double shake, std::uint64_t shake_seed) const;

  std::vector<Array> point() const;
  /// The point with each number of the checked inputs moved by so many units in the last place of numbers of this epsilon, up or down at
  /// random; zeros stay.
  std::vector<Array> nudged(double units, double epsilon) const;
  /// The size of what the results are computed from: the largest of the entries on their tape, each by the lower quartile of its
  /// magnitudes, so that the large numbers of a mask do not count.
  double magnitude() const;
  /// The results at the problem's own point, whatever the function does to its inputs.
  Tensors results() const;
};

/// The tensor's name, or "x".
std::string symbol_of(const Tensor& input);

/// The problem of a function of one result. Throws Error when that result is not floating.
Problem make_problem(TensorFunction function, std::vector<Input> inputs, std::uint64_t seed);
/// One op of a tape by itself, at the inputs that it was recorded with. The entry has to outlive the problem.
Problem problem_of(const Entry& entry, std::uint64_t seed);

/// While one lives, parameters are other tensors to the tape: an op that takes one records this tensor as its input.
class ParameterSwap {
 public:
  ParameterSwap(const std::vector<ParameterRef>& parameters, const Tensor* tensors);
  ~ParameterSwap();
  ParameterSwap(const ParameterSwap&) = delete;
  ParameterSwap& operator=(const ParameterSwap&) = delete;

 private:
  std::vector<std::pair<ParameterRef, Tensor>> before_;
};
/// The problem of the gradients: a function of the inputs and of dy, one order up.
Problem differentiated(const Problem& problem);
/// The same problem at the same numbers in float64; none where the function does not allow it, or computes in float32 all the same.
std::optional<Problem> in_float64(const Problem& problem);

/// Fixed numbers between 0.5 and 1.5 with either sign, exact in float32; 1 where there is only one element.
Array random_weights(const Shape& shape, Dtype dtype, std::uint64_t seed);

/// float32 if anything that the results depend on was computed in it, else float64.
Dtype coarsest_dtype(const Problem& problem);

}  // namespace reel::detail
