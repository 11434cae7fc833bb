#pragma once
#include <reel/autograd/function.hpp>
#include <reel/autograd/record.hpp>
#include <reel/core/unique_ptr.hpp>

namespace reel {

namespace detail {

Tensor checkpoint(UniquePtr<KeptFunction> f, std::span<const OperandRef> inputs, SourceLocation at);

class KeptRule {
 public:
  virtual ~KeptRule();
  virtual Gradients operator()(const Pullback& p) = 0;
};

template <class R>
class KeptRuleOf final : public KeptRule {
 public:
  explicit KeptRuleOf(R&& rule) : rule_(std::forward<R>(rule)) {}
  Gradients operator()(const Pullback& p) override { return rule_(p); }

 private:
  std::decay_t<R> rule_;
};

Tensor with_rule(Literal op, RuleText rule_text, UniquePtr<KeptFunction> f, std::span<const OperandRef> inputs, UniquePtr<KeptRule> rule,
                 SourceLocation at);

template <bool OneTensor = false, class F>
UniquePtr<KeptFunction> keep(F&& f) {
  return UniquePtr<KeptFunction>(new KeptFunctionOf<F, OneTensor>(std::forward<F>(f)));
}

template <class R>
UniquePtr<KeptRule> keep_rule(R&& rule) {
  return UniquePtr<KeptRule>(new KeptRuleOf<R>(std::forward<R>(rule)));
}

}  // namespace detail

/// Returns f(inputs), recorded as one entry that keeps the inputs and the result only: f is computed again when it is differentiated,
/// instead of keeping what its ops need. f maps a list of tensors, or as many tensors as there are inputs, to one tensor. A module is
/// referred to and has to outlive the history; any other function object is copied. Parameters and other tensors with a history that f uses
/// get their gradients too. First derivatives are bitwise those of f(inputs). Random draws are repeated. Checkpoints may be nested, and
/// derivatives of any order go through them.
///
/// Throws GradientError during differentiation when f returns another shape, dtype or value than the first time, because f depends on
/// something that changed in between, or when f throws.
template <class F>
Tensor checkpoint(F&& f, std::initializer_list<OperandRef> inputs, SourceLocation at = SourceLocation::here()) {
  return detail::checkpoint(detail::keep(std::forward<F>(f)), {inputs.begin(), inputs.size()}, at);
}
/// The same for a list of inputs whose length is not known before.
template <class F>
Tensor checkpoint(F&& f, const std::vector<Tensor>& inputs, SourceLocation at = SourceLocation::here()) {
  const std::vector<OperandRef> operands(inputs.begin(), inputs.end());
  return detail::checkpoint(detail::keep(std::forward<F>(f)), operands, at);
}
/// The same for a function of one tensor.
template <class F, detail::TensorLike T>
Tensor checkpoint(F&& f, const T& input, SourceLocation at = SourceLocation::here()) {
  const OperandRef operand(input, at);
  return detail::checkpoint(detail::keep<true>(std::forward<F>(f)), {&operand, 1}, at);
}

/// Returns f(inputs), with the given rule instead of the derivative of the ops in f. The rule maps a Pullback to Gradients as record()'s
/// does. Both may capture anything, but no gradient flows to captured tensors; a captured tensor or parameter with a history therefore
/// throws GradientError: list it among the inputs, or detach() it. A straight-through estimator:
///
///     with_rule("round", "dx = dy", [](const Tensor& t) { return round(t); }, {x}, [](const Pullback& p) { return Gradients{p.dy()}; })
template <class F, class R>
Tensor with_rule(Literal op, RuleText rule_text, F&& f, std::initializer_list<OperandRef> inputs, R&& rule,
                 SourceLocation at = SourceLocation::here()) {
  return detail::with_rule(op, rule_text, detail::keep(std::forward<F>(f)), {inputs.begin(), inputs.size()},
                           detail::keep_rule(std::forward<R>(rule)), at);
}
/// The same for a list of inputs whose length is not known before.
template <class F, class R>
Tensor with_rule(Literal op, RuleText rule_text, F&& f, const std::vector<Tensor>& inputs, R&& rule,
                 SourceLocation at = SourceLocation::here()) {
  const std::vector<OperandRef> operands(inputs.begin(), inputs.end());
  return detail::with_rule(op, rule_text, detail::keep(std::forward<F>(f)), operands, detail::keep_rule(std::forward<R>(rule)), at);
}

/// Returns x, but no gradient flows through it. Like detach(), but visible as an entry on the tape.
Tensor stop_gradient(Operand x);

}  // namespace reel
