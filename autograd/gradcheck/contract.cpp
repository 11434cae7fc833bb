#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <reel/autograd/gradcheck/check.hpp>
#include <reel/core/kernels/elementwise.hpp>

namespace reel::detail {

namespace {

struct Difference {
  double largest = 0;
  std::size_t array = 0, position = 0;
};

/// The position at which two lists differ most; a NaN in only one of them counts as infinitely far.
Difference largest_difference(const std::vector<Array>& a, const std::vector<Array>& b) {
  Difference result;
  for (std::size_t k = 0; k < a.size(); ++k) {
    for (std::size_t i = 0; i < a[k].size(); ++i) {
      const double p = a[k].as_double(i), q = b[k].as_double(i);
      if (p == q || (std::isnan(p) && std::isnan(q))) continue;
      const double d = std::isnan(p - q) ? std::numeric_limits<double>::infinity() : std::abs(p - q);
      if (d > result.largest) result = {d, k, i};
    }
  }
  return result;
}

class Contract {
 public:
  explicit Contract(Trial& trial) : trial_(trial), problem_(trial.problem) {}

  std::optional<Finding> check() {
    if (auto found = same_results()) return found;
    trial_.gradients = problem_.pull_back(problem_.weights);
    if (auto found = same_gradients()) return found;
    if (auto found = linear()) return found;
    return consistent();
  }

 private:
  std::optional<Finding> same_results() {
    trial_.results = values_of(problem_.evaluate(problem_.point()));
    const std::vector<Array> again = values_of(problem_.evaluate(problem_.point()));
    const Difference d = largest_difference(trial_.results, again);
    if (d.largest == 0) return std::nullopt;
    const Array& first = trial_.results[d.array];
    return trial_.finding(
        Fault::not_deterministic,
        fmt::format(
            "not deterministic: with the same inputs, {} was {} at first and {} when computed again, the largest difference ({:.3g}); "
            "if it draws random numbers, put a SeedScope inside the function",
            element_name(problem_.outputs[d.array], first.shape(), d.position), number_text(first.as_double(d.position)),
            number_text(again[d.array].as_double(d.position)), d.largest));
  }

  std::optional<Finding> same_gradients() const {
    const std::vector<Array> again = problem_.pull_back(problem_.weights);
    const Difference d = largest_difference(trial_.gradients, again);
    if (d.largest == 0) return std::nullopt;
    const double first = trial_.gradients[d.array].as_double(d.position), second = again[d.array].as_double(d.position);
    Finding f = trial_.finding(Fault::not_deterministic,
                               fmt::format("not deterministic: for the same dy, the gradient was {} at {} at first and {} when computed "
                                           "again, the largest difference ({:.3g})",
                                           number_text(first), trial_.name(d.array, d.position), number_text(second), d.largest),
                               d.array);
    const double third = problem_.pull_back(problem_.weights)[d.array].as_double(d.position);
    if (std::abs((third - second) - (second - first)) <= 1e-9 * std::abs(second - first))
      f.mistake = {"stale accumulation",
                   fmt::format("it grows by {} each time: something is added up and never cleared", number_text(second - first))};
    return f;
  }

  /// A gradient for dy that is not `expected`.
  std::optional<Finding> differs(const std::vector<Array>& got, const std::vector<Array>& expected, const char* dy) const {
    for (std::size_t k = 0; k < got.size(); ++k) {
      if (!problem_.inputs[k].checked) continue;
      for (std::size_t i = 0; i < got[k].size(); ++i) {
        const double right = expected[k].as_double(i), actual = got[k].as_double(i);
        const double scale = std::max(std::abs(right), std::abs(trial_.gradients[k].as_double(i)));
        if (!std::isfinite(right) || std::abs(actual - right) <= trial_.limits.atol + trial_.limits.rtol * scale) continue;
        if (std::abs(actual - right) <= 4 * trial_.gradient_scatter()[k][i]) continue;  // of three gradients, one for twice dy
        return trial_.finding(Fault::not_linear,
                              fmt::format("the gradient is not linear in dy: with {} it is {} at {}, and should be {}", dy,
                                          number_text(actual), trial_.name(k, i), number_text(right)),
                              k);
      }
    }
    return std::nullopt;
  }

  std::optional<Finding> linear() const {
    const std::vector<Array> nothing = problem_.pull_back(scaled(problem_.weights, 0));
    if (auto found = differs(nothing, scaled(trial_.gradients, 0), "dy = 0")) {
      if (largest_difference(nothing, trial_.gradients).largest == 0)
        found->mistake = {"ignores dy", "it is the same whatever dy is: the rule has to multiply by dy"};
      return found;
    }
    if (auto found = differs(problem_.pull_back(scaled(problem_.weights, 2)), scaled(trial_.gradients, 2), "2 dy")) return found;
    std::vector<Array> other, both;
    for (const Array& w : problem_.weights) {
      other.push_back(random_weights(w.shape(), w.dtype(), problem_.seed + 77 + other.size()));
      both.push_back(kernels::add(w, other.back()));
    }
    const std::vector<Array> second = problem_.pull_back(other);
    std::vector<Array> total;
    for (std::size_t k = 0; k < second.size(); ++k)
      total.push_back(problem_.inputs[k].checked ? kernels::add(trial_.gradients[k], second[k]) : Array());
    return differs(problem_.pull_back(both), total, "dy₁ + dy₂");
  }

  /// A rule may compute its gradient in another way if the gradient is to be differentiated; it has to be the same gradient.
  std::optional<Finding> consistent() const {
    if (problem_.order == 1) return std::nullopt;
    const std::vector<Array> other = values_of(problem_.evaluate(problem_.point(), true));
    for (std::size_t k = 0; k < other.size(); ++k) {
      if (allclose(other[k], trial_.results[k], trial_.limits.rtol, trial_.limits.atol) || is_rounding(k, other[k])) continue;
      const Difference d = largest_difference({other[k]}, {trial_.results[k]});
      Finding f =
          trial_.finding(Fault::inconsistent,
                         fmt::format("{} is {} where the rule only computes it, and {} where it is to be differentiated again",
                                     element_name(problem_.outputs[k], other[k].shape(), d.position),
                                     number_text(trial_.results[k].as_double(d.position)), number_text(other[k].as_double(d.position))));
      f.mistake = {"two answers", "the rule has two ways to its gradient, and they differ"};
      return f;
    }
    return std::nullopt;
  }

  /// Whether a result computed in another way differs only by rounding.
  bool is_rounding(std::size_t k, const Array& other) const {
    const Array& y = trial_.results[k];
    const std::vector<double>& scatter = trial_.result_scatter()[k];
    for (std::size_t i = 0; i < y.size(); ++i)
      if (!(std::abs(other.as_double(i) - y.as_double(i)) <=
            trial_.limits.atol + trial_.limits.rtol * std::abs(y.as_double(i)) + 2 * scatter[i]))
        return false;
    return true;
  }

  Trial& trial_;
  const Problem& problem_;
};

}  // namespace

std::optional<Finding> check_contract(Trial& trial) { return Contract(trial).check(); }

}  // namespace reel::detail
