#pragma once
#include <reel/autograd/function.hpp>
#include <reel/autograd/parameter.hpp>
#include <reel/autograd/tensor.hpp>
#include <reel/core/mistake.hpp>

namespace reel {

class Operand;

/// How gradcheck() treats an element at which the derivatives from the left and from the right differ.
enum class Kinks {
  refuse,  ///< the element is reported as not differentiable
  allow,   ///< the element passes if the rule's gradient lies between the two (inclusive), and is listed as not proved
};

struct GradcheckOptions {
  /// 1 checks first derivatives; 2 also checks the derivatives of the gradients, with respect to the inputs and to dy; and so on. Default
  /// 1.
  int order = 1;
  /// An element passes when |rule - numeric| <= atol + rtol max(|rule|, |numeric|) + the uncertainty of the numeric derivative. Default:
  /// rtol 1e-6 and atol 1e-10; 1e-3 and 1e-5 if the function computes in float32.
  std::optional<double> rtol = {}, atol = {};
  /// Seed of the random weights of results, of the random directions and of the sample; the default generator is not used.
  std::uint64_t seed = 0;
  Kinks kinks = Kinks::refuse;
  /// The largest number of elements that are checked one by one, default 4096. If there are more, a random sample is checked, and all
  /// elements along random directions; a direction that fails is halved until a wrong element is found.
  std::size_t sample = 4096;
};

/// One element of an input, with its derivative by the rule and by differences.
struct GradcheckElement {
  std::string name;  ///< "x[2,1]"
  double value, rule, numeric;
  double error;    ///< uncertainty of the numeric derivative
  double allowed;  ///< largest difference that passes
};

/// The result of gradcheck().
class GradcheckReport {
 public:
  /// The report for programs; `message` is for people.
  struct Details {
    bool ok = false;
    std::string kind = {};     ///< "wrong gradient", "not differentiable", "not deterministic", ...; empty when ok
    std::string mistake = {};  ///< the likely mistake: "sign", "transposed", "mean for sum", ...; empty if none is recognised
    std::string op = {};       ///< the op whose rule is wrong; empty if none was found
    SourceLocation at = {};    ///< where that op was recorded
    int order = 1;
    std::uint64_t seed = 0;
    std::vector<GradcheckElement> worst = {};  ///< the most wrong element, then up to three more
    std::vector<std::string> not_proved = {};  ///< what a passed check leaves open
    std::string message = {};
  };

  explicit GradcheckReport(Details details) : details_(std::move(details)) {}

  bool ok() const { return details_.ok; }
  /// On failure: the worst element with both derivatives, the next ones, the op whose rule is wrong and its line, the reason, the likely
  /// mistake, the mistakes that were ruled out, and the seed that repeats the check. On success: what was checked, and what was not proved.
  const std::string& message() const& { return details_.message; }
  std::string message() && { return std::move(details_.message); }
  const Details& details() const& { return details_; }
  Details details() && { return std::move(details_); }
  /// The details as a JSON object.
  std::string json() const;

 private:
  Details details_;
};

namespace detail {

template <class F>
concept TensorListFunction = requires(const F& f, const std::vector<Tensor>& inputs) {
  Tensor(f(inputs));
};

template <class M>
concept ModuleLike = requires(M& module) {
  { module.named_parameters() } -> std::convertible_to<std::vector<std::pair<std::string, ParameterRef>>>;
};

/// Concatenates all elements of the defined tensors; a single defined tensor is returned as it is.
Tensor in_one(const std::vector<Tensor>& parts);

/// The result of a module as one tensor: a Tensor, or a struct of several results (output, h, c) such as an LSTM's.
template <class R>
Tensor tensor_of(const R& result) {
  if constexpr (std::convertible_to<const R&, Tensor>) {
    return result;
  } else {
    std::vector<Tensor> parts;
    if constexpr (requires { result.output; }) parts.push_back(result.output);
    if constexpr (requires { result.h; }) parts.push_back(result.h);
    if constexpr (requires { result.c; }) parts.push_back(result.c);
    return in_one(parts);
  }
}

[[noreturn]] void throw_inputs(std::size_t given, SourceLocation at);

/// Calls a module with these tensors and its default options; the caller's line goes to the place where the module's operator() takes it.
template <class M, class... X>
Tensor call_module(M& module, SourceLocation at, [[maybe_unused]] std::size_t given, const X&... x) {
  if constexpr (requires { module(x..., at); }) {
    return tensor_of(module(x..., at));
  } else if constexpr (requires {
                         module(x...);
                         module(x..., {}, at);
                       }) {  // {}: the options, which have a default
    return tensor_of(module(x..., {}, at));
  } else if constexpr (requires { module(x...); }) {
    return tensor_of(module(x...));
  } else {
    throw_inputs(given, at);
  }
}

/// A function of one to four tensors.
template <class F>
concept FunctionOfTensors =
    !TensorListFunction<F> && !ModuleLike<F> && (OfOne<const F> || OfTwo<const F> || OfThree<const F> || OfFour<const F>);

/// A reference to a function from tensors to a tensor.
struct TensorFunctionRef {
  const void* function;
  Tensor (*call)(const void* function, const std::vector<Tensor>& inputs, SourceLocation at);
};

using NamedParameters = std::vector<std::pair<std::string, ParameterRef>>;

GradcheckReport gradcheck(TensorFunctionRef f, const std::vector<Tensor>& inputs, const NamedParameters& parameters,
                          const GradcheckOptions& options, SourceLocation at);

/// Wraps `f`, which takes a list or as many tensors.
template <class F>
TensorFunctionRef borrow(const F* const& f) {
  using Pointer = const F*;
  return {&f, [](const void* p, const std::vector<Tensor>& in, SourceLocation) -> Tensor {
            const F& function = **static_cast<const Pointer*>(p);
            if constexpr (TensorListFunction<F>) {
              return function(in);
            } else if constexpr (std::is_invocable_r_v<Tensor, const F&, const Tensor&>) {
              return function(in[0]);
            } else if constexpr (std::is_invocable_r_v<Tensor, const F&, const Tensor&, const Tensor&>) {
              return function(in[0], in[1]);
            } else {
              return function(in[0], in[1], in[2]);
            }
          }};
}

}  // namespace detail

/// Compares the gradients of f with numeric derivatives, for every float32 and float64 input. f maps a list of tensors to one tensor of any
/// shape. The checks, in this order:
/// 1. the contract: f returns the same bits when it runs again, and so do its rules; inputs are not modified; gradients have their inputs'
///    shapes and dtypes, are linear in dy, and are zero for inputs that f does not use;
/// 2. random directions, with random signs on both sides (inputs and results);
/// 3. element by element, by central differences at three steps with Richardson's extrapolation (Phil. Trans. R. Soc. A 210, 1911); float32
///    functions are evaluated in float64 where they allow it. A kink is distinguished from an error by how the left and right derivatives
///    differ as the step is halved twice. A derivative that seems wrong is measured again, with the rounding error estimated from how the
///    function's values and the rule's gradients scatter for inputs that are moved by a few units in the last place, so that sums whose
///    terms cancel cause no false alarm;
/// 4. groups of equal elements, moved together: where elements tie, an op such as max has a kink for each of them and none for all.
/// If something is wrong, the remainder of Taylor's formula distinguishes a wrong rule from a wrong step size, each op on the tape is
/// checked separately to find the wrong one, and its rule is tried with the usual mistakes undone. An Error that f or a rule throws fails
/// the check with its text. Throws Error for an order below 1.
template <detail::TensorListFunction F>
GradcheckReport gradcheck(const F& f, const std::vector<Tensor>& inputs, const GradcheckOptions& options = {},
                          SourceLocation at = SourceLocation::here()) {
  const F* const pointer = &f;  // pointed to in turn, because a plain function's address is no const void*
  return detail::gradcheck(detail::borrow<F>(pointer), inputs, {}, options, at);
}

/// The same for a module, with respect to its inputs (one to three) and every parameter that requires a gradient. The module is called with
/// its default options; if it has several results, as an LSTM has, all are checked. For other options pass a function: `[&](const auto& in)
/// { return layer(in[0], {...}); }`.
template <detail::ModuleLike M>
GradcheckReport gradcheck(const M& module, const std::vector<Tensor>& inputs, const GradcheckOptions& options = {},
                          SourceLocation at = SourceLocation::here()) {
  M& callable = const_cast<M&>(module);  // its parameters stand elsewhere during the check, and as before after it
  const auto call = [](const void* m, const std::vector<Tensor>& in, SourceLocation place) -> Tensor {
    M& called = *static_cast<M*>(const_cast<void*>(m));
    if (in.size() == 1) return detail::call_module(called, place, 1, in[0]);
    if (in.size() == 2) return detail::call_module(called, place, 2, in[0], in[1]);
    if (in.size() == 3) return detail::call_module(called, place, 3, in[0], in[1], in[2]);
    detail::throw_inputs(in.size(), place);
  };
  return detail::gradcheck({&callable, call}, inputs, callable.named_parameters(), options, at);
}

/// The same for a function of one to four tensors, as many as there are inputs: `gradcheck(relu, {x})`.
template <detail::FunctionOfTensors F>
GradcheckReport gradcheck(const F& f, const std::vector<Tensor>& inputs, const GradcheckOptions& options = {},
                          SourceLocation at = SourceLocation::here()) {
  const auto of_list = [&f](const std::vector<Tensor>& in) { return detail::call_with_list(f, in); };
  return gradcheck(of_list, inputs, options, at);
}
REEL_MISTAKE(
    "gradcheck() takes a function of tensors, or of a list of them, that returns a Tensor, or a module; then {inputs} and {options}",
    GradcheckReport gradcheck(...));

struct GradcheckOpOptions {
  int order = 2;
  /// Number of tensors that f takes, if it takes a list. Default 1.
  std::size_t inputs = 1;
  /// The domain of the op; values are drawn from it, from -2 to 2 if it is wider.
  double low = -1e300, high = 1e300;
  /// The inputs' shapes, one list per case. Default: empty, one element, odd lengths and five axes, and for several inputs broadcasting in
  /// both directions.
  std::vector<std::vector<Shape>> shapes = {};
  std::optional<double> rtol = {}, atol = {};
  std::uint64_t seed = 0;
  /// Default: allow, since zeros and ties are often kinks.
  Kinks kinks = Kinks::allow;
};

namespace detail {

GradcheckReport gradcheck_op(TensorFunctionRef f, const GradcheckOpOptions& options, SourceLocation at);

template <class F>
constexpr std::size_t arity_of(std::size_t of_list) {
  if constexpr (TensorListFunction<F>) return of_list;
  else if constexpr (std::is_invocable_r_v<Tensor, const F&, const Tensor&>) return 1;
  else if constexpr (std::is_invocable_r_v<Tensor, const F&, const Tensor&, const Tensor&>) return 2;
  else return 3;
}

}  // namespace detail

/// gradcheck() of one op over shapes (empty, one element, broadcast, odd, five axes) and values (random, zeros, ties, large, tiny), in
/// float64. f takes one to three tensors, or a list of `.inputs` tensors. Points at which the op is not finite, or at which differences are
/// too inaccurate to judge, are listed as not proved.
template <class F>
GradcheckReport gradcheck_op(const F& f, GradcheckOpOptions options = {}, SourceLocation at = SourceLocation::here()) {
  const F* const pointer = &f;
  options.inputs = detail::arity_of<F>(options.inputs);
  return detail::gradcheck_op(detail::borrow<F>(pointer), options, at);
}
/// For names that C functions have too: gradcheck_op(tanh).
GradcheckReport gradcheck_op(Tensor (*op)(Operand), GradcheckOpOptions options = {}, SourceLocation at = SourceLocation::here());
GradcheckReport gradcheck_op(Tensor (*op)(Operand, Operand), GradcheckOpOptions options = {}, SourceLocation at = SourceLocation::here());
REEL_MISTAKE("gradcheck_op() takes a function of tensors and {options}: it is of another type, or GradcheckOpOptions has no such option",
             GradcheckReport gradcheck_op(...));

}  // namespace reel
