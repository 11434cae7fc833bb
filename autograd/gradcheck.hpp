#pragma once
#include <reel/autograd/tensor.hpp>

namespace reel {

/// What gradcheck() makes of an element at which the slopes from the left and from the right differ.
enum class Kinks {
  refuse,  ///< it is reported as not differentiable
  allow,   ///< it passes if the rule's gradient lies between the two slopes, both included
};

struct GradcheckOptions {
  /// 1 checks first derivatives; 2 then also the gradients' own gradients, by the inputs and by dy; and so on.
  int order = 1;
  /// An element passes when |rule - numeric| <= atol + rtol max(|rule|, |numeric|) + the numeric derivative's own uncertainty.
  /// By default 1e-6 and 1e-10; 1e-3 and 1e-5 where the function computes in float32.
  std::optional<double> rtol = {}, atol = {};
  /// Where the fixed random weights of results, and the directions of higher orders, come from; the default generator is not touched.
  std::uint64_t seed = 0;
  Kinks kinks = Kinks::refuse;
};

/// What gradcheck() found.
class GradcheckReport {
 public:
  GradcheckReport(bool ok, std::string message) : ok_(ok), message_(std::move(message)) {}

  bool ok() const { return ok_; }
  /// On failure: the op whose rule is wrong, its input, the worst element, both numbers and the place; else what was checked.
  const std::string& message() const { return message_; }

 private:
  bool ok_;
  std::string message_;
};

namespace detail {

template <class F>
concept TensorListFunction = requires(const F& f, const std::vector<Tensor>& inputs) {
  Tensor(f(inputs));
};

/// A borrowed function from tensors to a tensor.
struct TensorFunctionRef {
  const void* function;
  Tensor (*call)(const void* function, const std::vector<Tensor>& inputs);
};

GradcheckReport gradcheck(TensorFunctionRef f, const std::vector<Tensor>& inputs, const GradcheckOptions& options, SourceLocation at);

}  // namespace detail

/// Compares the gradients of f with numeric ones, element by element, for every float32 and float64 input. f maps a list of tensors
/// to one tensor of any shape. Also checked: f gives the same bits when it runs again and leaves its inputs alone, and its
/// gradients have their inputs' shapes and dtypes and are linear in dy. When something is wrong, each op on the tape is
/// checked by itself, to name the one to blame. An Error that f or a rule throws fails the check with its text.
///
/// The numeric derivative is made of central differences at three steps, with Richardson's extrapolation (Phil. Trans. R. Soc. A 210,
/// 1911). Throws Error for an order below 1.
template <detail::TensorListFunction F>
GradcheckReport gradcheck(const F& f, const std::vector<Tensor>& inputs, const GradcheckOptions& options = {},
                          SourceLocation at = SourceLocation::here()) {
  using Pointer = decltype(&f);
  const Pointer pointer = &f;  // pointed to in turn, because a plain function's address is no const void*
  const auto call = [](const void* p, const std::vector<Tensor>& in) -> Tensor { return (**static_cast<const Pointer*>(p))(in); };
  return detail::gradcheck({&pointer, call}, inputs, options, at);
}

}  // namespace reel
