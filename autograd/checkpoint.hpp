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

/// f(inputs) that is computed again when it is differentiated, instead of keeping what its ops need: one entry on the tape, which
/// holds the inputs and the result. f maps a list of tensors, or as many tensors as there are inputs, to one; a module is referred to
/// and has to outlive the history, anything else is copied. Parameters and other tensors with a history that f uses get their
/// gradients too. First derivatives are bitwise those of f(inputs). Random draws are repeated. Checkpoints nest, and derivatives
/// of any order go through them.
///
/// Throws GradientError while differentiating when f gives another shape, dtype or value than the first time, because it depends on
/// something that changed meanwhile, or when it fails.
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

/// f(inputs), with a rule of its own instead of the derivative of the ops that f is made of. The rule maps a Pullback to Gradients as
/// record()'s does; both may capture anything, but no gradient flows to what they capture, and so a captured tensor or parameter with
/// a history is a GradientError: list it among the inputs, or detach() it. A straight-through estimator:
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

/// x, through which no gradient flows. As detach(), but an entry on the tape, so that one sees it.
Tensor stop_gradient(Operand x);

}  // namespace reel
