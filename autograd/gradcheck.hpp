#pragma once
#include <reel/autograd/function.hpp>
#include <reel/autograd/parameter.hpp>
#include <reel/autograd/tensor.hpp>
#include <reel/core/mistake.hpp>

namespace reel {

class Operand;

/// What gradcheck() makes of an element at which the slopes from the left and from the right differ.
enum class Kinks {
  refuse,  ///< it is reported as not differentiable
  allow,   ///< it passes if the rule's gradient lies between the two slopes, both included, and is listed as not proved
};

struct GradcheckOptions {
  /// 1 checks first derivatives; 2 then also the gradients' own gradients, by the inputs and by dy; and so on.
  int order = 1;
  /// An element passes when |rule - numeric| <= atol + rtol max(|rule|, |numeric|) + the numeric derivative's own uncertainty.
  /// By default 1e-6 and 1e-10; 1e-3 and 1e-5 where the function computes in float32.
  std::optional<double> rtol = {}, atol = {};
  /// Where the fixed random weights of results, the directions and the sample come from; the default generator is not touched.
  std::uint64_t seed = 0;
  Kinks kinks = Kinks::refuse;
  /// The most elements that are checked one by one. Where there are more, a random sample is, and all of them along random
  /// directions; a direction that fails is halved until a wrong element is found.
  std::size_t sample = 4096;
};

/// One element of an input, with what the rule and the differences say of it.
struct GradcheckElement {
  std::string name;  ///< "x[2,1]"
  double value, rule, numeric;
  double error;    ///< how far off the numeric derivative may be
  double allowed;  ///< how much the two may differ
};

/// What gradcheck() found.
class GradcheckReport {
 public:
  /// What a program may ask of a report; its message is for people.
  struct Details {
    bool ok = false;
    std::string kind = {};     ///< "wrong gradient", "not differentiable", "not deterministic", ...; empty when ok
    std::string mistake = {};  ///< the likely one: "sign", "transposed", "mean for sum", ...; empty where none is recognised
    std::string op = {};       ///< the op to blame; empty where none is
    SourceLocation at = {};    ///< where that op was recorded
    int order = 1;
    std::uint64_t seed = 0;
    std::vector<GradcheckElement> worst = {};  ///< the most wrong element, then up to three more
    std::vector<std::string> not_proved = {};  ///< what a pass leaves open
    std::string message = {};
  };

  explicit GradcheckReport(Details details) : details_(std::move(details)) {}

  bool ok() const { return details_.ok; }
  /// On failure: the worst element with both numbers, the next ones, the op whose rule is wrong and its place, why, the likely mistake,
  /// what was ruled out, and the seed that repeats it. On success: what was checked, and what was not proved.
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

/// One tensor of all elements of those that are defined; of one alone itself.
Tensor in_one(const std::vector<Tensor>& parts);

/// The tensors of what a module returns, as one: a Tensor, or a struct of several results (output, h, c), as an LSTM's.
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

/// Calls a module with these tensors, its options left as they are by default, in whatever place its operator() has the caller's line.
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

/// A borrowed function from tensors to a tensor.
struct TensorFunctionRef {
  const void* function;
  Tensor (*call)(const void* function, const std::vector<Tensor>& inputs, SourceLocation at);
};

using NamedParameters = std::vector<std::pair<std::string, ParameterRef>>;

GradcheckReport gradcheck(TensorFunctionRef f, const std::vector<Tensor>& inputs, const NamedParameters& parameters,
                          const GradcheckOptions& options, SourceLocation at);

/// Calls `f` with a list, or with as many tensors.
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

/// Compares the gradients of f with numeric ones, for every float32 and float64 input. f maps a list of tensors to one tensor of any shape.
/// In this order:
/// 1. the contract: f gives the same bits when it runs again, and so do its rules; inputs are left alone; gradients have their inputs'
///    shapes and dtypes, are linear in dy, and zero for inputs that f does not use;
/// 2. random directions, signs on both sides (inputs and results);
/// 3. element by element, by central differences at three steps with Richardson's extrapolation (Phil. Trans. R. Soc. A 210, 1911);
///    float32 functions are evaluated in float64 where they allow it. A kink is told from an error by how the left and right slopes differ
///    as the step is halved twice. Where a number seems wrong it is measured again, with rounding taken from how the function's own values
///    and the rule's scatter for inputs that are moved by a few units in the last place, so that sums whose terms cancel are no false
///    alarm;
/// 4. groups of equal elements, moved together: where elements tie, an op such as max has a kink for each of them and none for all.
/// When something is wrong, the remainder of Taylor's formula tells a wrong rule from a wrong step, each op on the tape is checked by
/// itself to name the one to blame, and its rule is tried with the usual mistakes undone. An Error that f or a rule throws fails the check
/// with its text. Throws Error for an order below 1.
template <detail::TensorListFunction F>
GradcheckReport gradcheck(const F& f, const std::vector<Tensor>& inputs, const GradcheckOptions& options = {},
                          SourceLocation at = SourceLocation::here()) {
  const F* const pointer = &f;  // pointed to in turn, because a plain function's address is no const void*
  return detail::gradcheck(detail::borrow<F>(pointer), inputs, {}, options, at);
}

/// The same for a module, by its inputs (one to three) and by every parameter that requires a gradient. Its options are the default ones;
/// of several results, as an LSTM has, all are checked. For other options give a function: `[&](const auto& in) { return layer(in[0],
/// {...}); }`.
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
  /// How many tensors f takes, where it takes a list.
  std::size_t inputs = 1;
  /// Where the op is defined; the numbers are drawn from here, from -2 to 2 where it is wider.
  double low = -1e300, high = 1e300;
  /// The inputs' shapes, once a case; by default empty, one element, odd lengths and five axes, and broadcasting to either side for
  /// several inputs.
  std::vector<std::vector<Shape>> shapes = {};
  std::optional<double> rtol = {}, atol = {};
  std::uint64_t seed = 0;
  /// Zeros and ties are likely kinks.
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
/// float64. f takes one to three tensors, or a list of `.inputs` of them. Points at which the op is not finite, or too rough to judge, are
/// listed as not proved.
template <class F>
GradcheckReport gradcheck_op(const F& f, GradcheckOpOptions options = {}, SourceLocation at = SourceLocation::here()) {
  const F* const pointer = &f;
  options.inputs = detail::arity_of<F>(options.inputs);
  return detail::gradcheck_op(detail::borrow<F>(pointer), options, at);
}
/// For names that C's functions have too: gradcheck_op(tanh).
GradcheckReport gradcheck_op(Tensor (*op)(Operand), GradcheckOpOptions options = {}, SourceLocation at = SourceLocation::here());
GradcheckReport gradcheck_op(Tensor (*op)(Operand, Operand), GradcheckOpOptions options = {}, SourceLocation at = SourceLocation::here());
REEL_MISTAKE("gradcheck_op() takes a function of tensors and {options}: it is of another type, or GradcheckOpOptions has no such option",
             GradcheckReport gradcheck_op(...));

}  // namespace reel
