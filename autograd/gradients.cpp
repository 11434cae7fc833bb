#include <reel/autograd/gradients.hpp>

#include <algorithm>
#include <functional>
#include <span>

#include <fmt/format.h>
#include <reel/autograd/node.hpp>
#include <reel/autograd/ops/elementwise.hpp>
#include <reel/autograd/ops/reduce.hpp>
#include <reel/core/kernels/elementwise.hpp>
#include <reel/core/kernels/reduce.hpp>

namespace reel {

namespace {

using detail::Node;

std::string place_text(SourceLocation at) { return at.line == 0 ? std::string() : " (" + to_string(at) + ")"; }

std::string place_text(const Node* node) {
  const std::string line = to_string(node->location), path = node->module;
  return path.empty() ? place_text(node->location) : " (in " + path + (line.empty() ? "" : ", ") + line + ")";
}

std::string describe(const Node* node) {
  return node->name && !node->name->empty() ? fmt::format("{} '{}'", node->op, *node->name) : std::string(node->op);
}

/// Ops of a rule are recorded at the place of the op that they differentiate.
class RuleContext {
 public:
  RuleContext(const Node* node, bool record) : RuleContext(node->location, record, node->module) {}
  RuleContext(SourceLocation place, bool record, const char* module = "")
      : before_(detail::context), frame_{nullptr, nullptr, module, place} {
    detail::context.recording = record;
    detail::context.call_site = &frame_.called_at;
    detail::context.module = &frame_;
  }
  ~RuleContext() { detail::context = before_; }
  RuleContext(const RuleContext&) = delete;
  RuleContext& operator=(const RuleContext&) = delete;

 private:
  detail::Context before_;
  detail::ModuleFrame frame_;
};

/// One reverse sweep: gradients flow from the newest entry to the oldest, which is a topological order because an input is always
/// older than its output. Summing contributions, leaving out what nobody wants and checking shapes are done here, for all ops.
class Sweep {
 public:
  Sweep(const Tensor& y, bool differentiable, bool release)
      : history_(detail::History::of(y.node(), false)),
        gradients_(history_.items.size()),
        wanted_(history_.items.size()),
        kept_(release ? history_.items.size() : 0),
        differentiable_(differentiable),
        release_(release) {}

  template <class IsWanted>
  bool mark(const IsWanted& is_wanted) {
    bool any = false;
    for (std::size_t i = history_.items.size(); i-- > 0;) {
      const Node* const node = history_.items[i].node;
      bool wanted = is_wanted(node);
      any = any || wanted;
      for (std::size_t k = 0; k < node->inputs.size() && !wanted; ++k) {
        const std::uint32_t from = edge(i, k);
        wanted = from != detail::History::no_edge && wanted_[from];
      }
      // Nothing flows through what is not made of real numbers, such as the result of a comparison.
      wanted_[i] = wanted && is_floating(node->value.dtype());
    }
    return any;
  }

  const detail::History& history() const { return history_; }

  /// Calls deliver(node, gradient) for every entry that a gradient reached, newest first.
  template <class Deliver>
  void run(Tensor seed, const Deliver& deliver) {
    gradients_[0] = std::move(seed);
    for (std::size_t i = 0; i < history_.items.size(); ++i) {
      Tensor dy = std::move(gradients_[i]);
      Node* const node = history_.items[i].node;
      if (dy.defined() && wanted_[i]) {
        deliver(node, dy);
        if (node->kind == detail::Kind::op) pull_back(i, dy);
      }
      if (release_ && node->kind == detail::Kind::op) release(i);
    }
  }

 private:
  std::uint32_t edge(std::size_t item, std::size_t input) const { return history_.edges[history_.items[item].first_edge + input]; }

  void pull_back(std::size_t item, const Tensor& dy) {
    Node* const node = history_.items[item].node;
    const std::size_t inputs = node->inputs.size();
    std::uint64_t needed = 0;
    bool any = false;
    for (std::size_t k = 0; k < inputs; ++k) {
      const std::uint32_t from = edge(item, k);
      if (from == detail::History::no_edge || !wanted_[from]) continue;
      any = true;
      if (k < 63) needed |= std::uint64_t{1} << k;
    }
    if (!any) return;
    const RuleContext scope(node, differentiable_);
    Gradients answer = apply_rule(node, dy, needed);
    for (std::size_t k = 0; k < inputs; ++k) {
      const std::uint32_t from = edge(item, k);
      if (from == detail::History::no_edge || !wanted_[from] || !answer[k].defined()) continue;
      add(from, fit(node, k, std::move(answer[k])));
    }
  }

  Gradients apply_rule(Node* node, const Tensor& dy, std::uint64_t needed) const {
    const std::size_t inputs = node->inputs.size();
    Gradients answer;
    try {
      answer = node->rule(Pullback(dy, node, {node->inputs.begin(), inputs}, needed, differentiable_));
    } catch (const Error& e) {
      const std::string what = e.what(), place = place_text(node);
      throw GradientError(fmt::format("the rule of {} failed: {}{}", describe(node), what, what.ends_with(place) ? "" : place));
    }
    if (answer.size() != inputs)
      throw GradientError(
          fmt::format("{}: its rule returned {} gradients for {} inputs{}", describe(node), answer.size(), inputs, place_text(node)));
    return answer;
  }

  /// The gradient as it has to be: summed over what was broadcast where the op says so, then of exactly the input's shape and dtype.
  Tensor fit(const Node* node, std::size_t k, Tensor gradient) const {
    const Array& input = node->inputs[k].value();
    if (node->broadcasts && gradient.shape() != input.shape() && broadcasts_to(input.shape(), gradient.shape()))
      gradient = differentiable_ ? sum_to(gradient, input.shape()) : Tensor(kernels::sum_to(gradient.value(), input.shape()));
    if (gradient.shape() != input.shape() || gradient.dtype() != input.dtype())
      throw GradientError(fmt::format(
          "{}: its rule returned a gradient of shape {} and dtype {} for input {}, which has shape {} and dtype {}{}", describe(node),
          gradient.shape(), name_of(gradient.dtype()), k, input.shape(), name_of(input.dtype()), place_text(node)));
    return gradient;
  }

  void add(std::uint32_t to, Tensor gradient) {
    Tensor& sum = gradients_[to];
    if (!sum.defined()) {
      sum = std::move(gradient);
    } else if (differentiable_) {
      sum = sum + gradient;
    } else if (sum.is_only_owner()) {
      kernels::accumulate(sum.node()->value, gradient.value());
    } else {
      sum = Tensor(kernels::add(sum.value(), gradient.value()));
    }
  }

  /// Lets an entry's inputs go; those that are still to come are kept until it is their turn.
  void release(std::size_t item) {
    Node* const node = history_.items[item].node;
    for (std::size_t k = 0; k < node->inputs.size(); ++k) {
      const std::uint32_t from = edge(item, k);
      if (from != detail::History::no_edge) kept_[from] = std::move(node->inputs[k]);
    }
    node->release();
    kept_[item] = Tensor();
  }

  detail::History history_;
  std::vector<Tensor> gradients_;
  std::vector<char> wanted_;
  std::vector<Tensor> kept_;
  bool differentiable_;
  bool release_;
};

Tensor seed_for(const char* what, const Tensor& y, const Tensor& seed, SourceLocation at) {
  if (!seed.defined()) {
    if (y.size() != 1)
      throw GradientError(fmt::format("{}: the tensor has shape {}; a gradient needs one number: take its sum or mean, or give .seed{}",
                                      what, y.shape(), place_text(at)));
    return Tensor(Array::full(y.shape(), 1, y.dtype()));
  }
  if (seed.shape() != y.shape() || seed.dtype() != y.dtype())
    throw GradientError(fmt::format("{}: the seed is {} {} and the tensor is {} {}; they need one shape and dtype{}", what, seed.shape(),
                                    name_of(seed.dtype()), y.shape(), name_of(y.dtype()), place_text(at)));
  return seed;
}

void check_history(const char* what, const Tensor& y, SourceLocation at) {
  if (!y.has_history())
    throw GradientError(
        fmt::format("{}: the tensor has no history: nothing that it was computed from is a variable or a parameter that requires a "
                    "gradient, or it was computed under NoGrad or detached{}",
                    what, place_text(at)));
}

void check_not_released(const char* what, const detail::History& history, SourceLocation at) {
  for (const auto& item : history.items) {
    if (item.node->released)
      throw GradientError(
          fmt::format("{}: the history of {} (recorded at {}) was released by an earlier backward(); pass {{.retain = true}} to "
                      "that one to keep it{}",
                      what, describe(item.node), to_string(item.node->location), place_text(at)));
  }
}

}  // namespace

Variables::Variables(std::initializer_list<Tensor> tensors) : tensors_(tensors) {}

Variables::Variables(const std::vector<ParameterRef>& parameters) {
  for (const ParameterRef& p : parameters) tensors_.push_back(p.tensor());
}

namespace {

/// Which nodes are differentiated by. Several can belong to one variable: a parameter that was given a new value between two uses
/// has a leaf for each.
class Targets {
 public:
  struct Target {
    const void* identity;
    std::size_t variable;
  };

  explicit Targets(const std::vector<Tensor>& variables) {
    for (std::size_t i = 0; i < variables.size(); ++i) targets_.push_back({detail::identity(variables[i].node()), i});
    std::sort(targets_.begin(), targets_.end(), before);
  }
  std::span<const Target> of(const Node* node) const {
    const auto [first, last] = std::equal_range(targets_.begin(), targets_.end(), Target{detail::identity(node), 0}, before);
    return {first, last};
  }

 private:
  static bool before(const Target& a, const Target& b) { return std::less<>()(a.identity, b.identity); }

  std::vector<Target> targets_;
};

}  // namespace

std::vector<Tensor> gradients(const Tensor& y, const Variables& x, const GradientOptions& options, SourceLocation at) {
  check_history("gradients", y, at);
  const std::vector<Tensor>& variables = x.tensors();
  for (std::size_t i = 0; i < variables.size(); ++i) {
    if (!variables[i].has_history())
      throw GradientError(fmt::format("gradients: variable {} of {} is a constant; make it with variable() before computing with it{}", i,
                                      variables.size(), place_text(at)));
  }
  const Tensor seed = seed_for("gradients", y, options.seed, at);
  std::vector<Tensor> result(variables.size());
  Sweep sweep(y, options.differentiable, false);
  check_not_released("gradients", sweep.history(), at);
  const Targets targets(variables);
  sweep.mark([&](const Node* node) { return !targets.of(node).empty(); });
  sweep.run(seed, [&](const Node* node, const Tensor& gradient) {
    for (const Targets::Target& target : targets.of(node)) {
      Tensor& sum = result[target.variable];
      const RuleContext scope(at, options.differentiable);
      const Tensor part = astype(gradient, variables[target.variable].dtype());
      sum = sum.defined() ? sum + part : part;
    }
  });
  for (std::size_t i = 0; i < variables.size(); ++i)
    if (!result[i].defined()) result[i] = zeros_like(variables[i]);
  return result;
}

void Tensor::backward(SourceLocation at) const { backward({}, at); }

void Tensor::backward(const BackwardOptions& options, SourceLocation at) const {
  check_history("backward", *this, at);
  Tensor seed = seed_for("backward", *this, options.seed, at);
  Sweep sweep(*this, false, !options.retain);
  check_not_released("backward", sweep.history(), at);
  const bool any = sweep.mark([](const Node* node) { return node->parameter && node->parameter->requires_grad; });
  if (!any)
    throw GradientError(
        "backward: no parameter that requires a gradient is in the history; for variables, gradients(y, {x}) returns the gradient" +
        place_text(at));
  // Handed out at the end, so that a rule that fails leaves no parameter with a part of its gradient.
  std::vector<std::pair<ParameterRef, Tensor>> parts;
  sweep.run(std::move(seed), [&](Node* node, Tensor& gradient) {
    if (node->parameter) parts.emplace_back(ParameterRef::share(node->parameter), std::move(gradient));
  });
  for (auto& [parameter, gradient] : parts) {
    const bool converted = gradient.dtype() != parameter.dtype();  // the parameter changed its dtype since it was used
    parameter.add_grad(converted ? Tensor(gradient.value().astype(parameter.dtype())) : std::move(gradient));
  }
}

}  // namespace reel
