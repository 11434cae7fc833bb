#pragma once
#include <algorithm>
#include <functional>
#include <span>
#include <vector>

#include <reel/autograd/detail/sweep.hpp>
#include <reel/autograd/gradients.hpp>

namespace reel::detail {

// `what` is the name of the public function in error texts.

/// The seed, checked against y, or 1 for a scalar.
Tensor seed_for(const char* what, const Tensor& y, const Tensor& seed, SourceLocation at);
void check_history(const char* what, const Tensor& y, SourceLocation at);
void check_variables(const char* what, const std::vector<Tensor>& x, SourceLocation at);
void check_not_released(const char* what, const History& history, SourceLocation at);

/// Maps nodes to the variables to differentiate with respect to. Several nodes can belong to one variable: a parameter that was given a new
/// value between two uses has one leaf per value.
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

/// Computes Σ seedᵢ dyᵢ/dx for each x, any number of times: the history is examined once. Entries older than `since` are left out.
class Reverse {
 public:
  Reverse(const char* what, std::span<const Tensor> y, const std::vector<Tensor>& x, std::uint64_t since, bool differentiable,
          SourceLocation at);

  /// Takes one seed per y. Returns zeros where nothing depends on x.
  std::vector<Tensor> operator()(std::span<const Tensor> seeds);

 private:
  std::vector<Tensor> x_;
  Targets targets_;
  Sweep sweep_;
  bool differentiable_;
  SourceLocation at_;
};

/// Gives a constant derivative, as that of a linear or a step function, a history, so that it can be differentiated like any other; its
/// gradients are 0. A derivative that has a history is returned unchanged.
Tensor with_history(const Tensor& derivative, const std::vector<Tensor>& x, SourceLocation at);

std::vector<Tensor> gradients(const char* what, const Tensor& y, const std::vector<Tensor>& x, const GradientOptions& options,
                              SourceLocation at);

}  // namespace reel::detail
