#include <algorithm>
#include <cmath>

#include <reel/autograd/gradcheck/check.hpp>

namespace reel::detail {

namespace {

constexpr std::size_t directions = 2;

std::vector<double> random_signs(std::size_t n, std::uint64_t seed) {
  const Array weights = random_weights({n + 1}, float64, seed);  // of one element alone the weight is 1
  std::vector<double> signs(n);
  for (std::size_t i = 0; i < n; ++i) signs[i] = weights.as_double(i) < 0 ? -1 : 1;
  return signs;
}

class Directional {
 public:
  explicit Directional(const Trial& trial) : trial_(trial) {}

  /// One random direction, with signs on the results' side too.
  Direction random(std::uint64_t seed) {
    Direction d;
    for (const Input& input : trial_.problem.inputs)
      d.signs.push_back(input.checked ? random_signs(input.value.size(), seed++) : std::vector<double>());
    std::vector<Array> dy;
    weights_.clear();
    for (const Array& w : trial_.problem.weights) {
      const std::vector<double> signs = random_signs(w.size(), seed++);
      Array signed_dy = Array::zeros(w.shape(), w.dtype());
      for (std::size_t i = 0; i < signs.size(); ++i) move_element(signed_dy, i, signs[i]);
      weights_.insert(weights_.end(), signs.begin(), signs.end());
      dy.push_back(std::move(signed_dy));
    }
    gradients_ = trial_.problem.pull_back(dy);
    measure(d);
    return d;
  }

  /// Keeps the half of the elements in which the check fails; nothing if that cannot be decided.
  std::optional<Direction> halve(const Direction& whole) {
    std::size_t n = 0;
    for (const auto& signs : whole.signs)
      n += static_cast<std::size_t>(std::count_if(signs.begin(), signs.end(), [](double s) { return s != 0; }));
    if (n <= 1) return std::nullopt;
    for (const bool first_half : {true, false}) {
      Direction half = whole;
      std::size_t seen = 0;
      for (auto& signs : half.signs)
        for (double& s : signs)
          if (s != 0 && (seen++ < n / 2) != first_half) s = 0;
      measure(half);
      if (half.fails()) return half;
    }
    return std::nullopt;
  }

 private:
  void measure(Direction& d) const {
    std::vector<Move> moves;
    for (std::size_t k = 0; k < d.signs.size(); ++k)
      for (std::size_t i = 0; i < d.signs[k].size(); ++i)
        if (d.signs[k][i] != 0) moves.push_back({k, i, d.signs[k][i]});
    measure(d, moves, false);
    if (d.fails()) measure(d, moves, true);
  }

  void measure(Direction& d, const std::vector<Move>& moves, bool careful) const {
    d.rule = 0;
    double squares = 0;
    for (const Move& m : moves) {
      const double g = gradients_[m.input].as_double(m.position);
      // The scatter was measured for other weights of the results, of about this size.
      const double own =
          trial_.limits.atol + trial_.limits.rtol * std::abs(g) + (careful ? 2 * trial_.gradient_scatter()[m.input][m.position] : 0);
      d.rule += m.sign * g;
      squares += own * own;
    }
    d.slope = measure_along(trial_, moves, weights_, careful).slope;
    // Independent errors of n elements add up like √n.
    d.allowed = std::max(std::sqrt(squares), trial_.limits.rtol * std::abs(d.slope.value)) + d.slope.error;
  }

  const Trial& trial_;
  std::vector<double> weights_;
  std::vector<Array> gradients_;
};

}  // namespace

bool Direction::fails() const { return slope.smoothness == Smoothness::smooth && !(std::abs(rule - slope.value) <= allowed); }

Suspects search_along_directions(const Trial& trial) {
  Directional directional(trial);
  for (std::size_t i = 0; i < directions; ++i) {
    Direction d = directional.random(trial.problem.seed + 1000 * (i + 1));
    if (!d.fails()) continue;
    while (const auto half = directional.halve(d)) d = *half;
    Suspects suspects;
    for (std::size_t k = 0; k < d.signs.size(); ++k)
      for (std::size_t j = 0; j < d.signs[k].size(); ++j)
        if (d.signs[k][j] != 0) suspects.elements.emplace_back(k, j);
    if (suspects.elements.size() == 1) {
      const auto [input, position] = suspects.elements[0];
      const double sign = d.signs[input][position];
      Element e{input, position, sign * d.rule, d.slope, d.allowed};
      for (double* slope : {&e.slope.value, &e.slope.left, &e.slope.right}) *slope *= sign;
      if (sign < 0) std::swap(e.slope.left, e.slope.right);
      suspects.certain = e;
    }
    return suspects;
  }
  return {};
}

}  // namespace reel::detail
