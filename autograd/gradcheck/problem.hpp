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
  std::string symbol;  // "x"
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
  /// The gradients by the checked inputs, at the problem's own point, for given dy; arrays of inputs that are not checked are empty.
  /// Throws InputChanged.
  std::vector<Array> pull_back(const std::vector<Array>& dy) const;

  std::vector<Array> point() const;
  /// The results at the problem's own point, whatever the function does to its inputs.
  Tensors results() const;
};

/// The problem of a function of one result. Throws Error when that result is not floating.
Problem make_problem(TensorFunction function, std::vector<Input> inputs, std::uint64_t seed);
/// One op of a tape by itself, at the inputs that it was recorded with. The entry has to outlive the problem.
Problem problem_of(const Entry& entry, std::uint64_t seed);

/// While one lives, parameters are other tensors to the tape: an op that takes one records this tensor as its input.
class Substitution {
 public:
  Substitution(const std::vector<ParameterRef>& parameters, const Tensor* tensors);
  ~Substitution();
  Substitution(const Substitution&) = delete;
  Substitution& operator=(const Substitution&) = delete;

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
