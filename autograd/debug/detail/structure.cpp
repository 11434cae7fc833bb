#include <reel/autograd/debug/detail/structure.hpp>

#include <algorithm>
#include <bit>
#include <cmath>

#include <reel/autograd/gradcheck/problem.hpp>

namespace reel::debug {

namespace {

constexpr std::size_t most_inputs = 5;  // up to this number of inputs all sets are tried

/// Numbers of both signs in no order, all different.
Array random_array(const Array& like, double scale, std::uint64_t seed) {
  Array result = Array::zeros(like.shape(), like.dtype());
  const Array coarse = reel::detail::random_weights({like.size() + 1}, float64, seed);  // of one element alone the weight is 1
  const Array fine = reel::detail::random_weights({like.size() + 1}, float64, seed + 1000);
  visit(like.dtype(), [&](auto t) {
    auto* const data = result.mutable_data<decltype(t)>();
    for (std::size_t i = 0; i < like.size(); ++i) {
      const double spread = 0.02 * fine.as_double(i) + 1e-3 * static_cast<double>(i) / static_cast<double>(like.size());
      data[i] = static_cast<decltype(t)>(scale * (coarse.as_double(i) + spread));
    }
  });
  return result;
}

/// Other values than a: -1.5 to -2.5 times as large, elementwise, so that a kink at 0 is noticed.
Array against(const Array& a, std::uint64_t seed) {
  Array result = a;
  const Array w = reel::detail::random_weights({a.size() + 1}, float64, seed);
  visit(a.dtype(), [&](auto t) {
    auto* const data = result.mutable_data<decltype(t)>();
    for (std::size_t i = 0; i < a.size(); ++i) data[i] = static_cast<decltype(t)>(-a.as_double(i) * (1 + std::abs(w.as_double(i))));
  });
  return result;
}

std::vector<Array> added(const std::vector<Array>& a, const std::vector<Array>& b) {
  std::vector<Array> result = a;
  for (std::size_t k = 0; k < a.size(); ++k)
    visit(a[k].dtype(), [&](auto t) {
      auto* const data = result[k].mutable_data<decltype(t)>();
      for (std::size_t i = 0; i < a[k].size(); ++i) data[i] = static_cast<decltype(t)>(a[k].as_double(i) + b[k].as_double(i));
    });
  return result;
}

double precision_of(const OpJacobian& local) {
  bool coarse = local.output().dtype() == float32;
  for (const Array& x : local.values()) coarse = coarse || x.dtype() == float32;
  return coarse ? 2e-5 : 1e-11;
}

/// All nonempty subsets of n elements, larger ones first.
std::vector<std::vector<std::size_t>> subsets(const std::vector<std::size_t>& of) {
  if (of.size() > most_inputs) return {of};
  std::vector<std::vector<std::size_t>> sets;
  for (std::size_t size = of.size(); size > 0; --size)
    for (unsigned bits = 1; bits < 1u << of.size(); ++bits) {
      if (static_cast<std::size_t>(std::popcount(bits)) != size) continue;
      std::vector<std::size_t>& set = sets.emplace_back();
      for (std::size_t i = 0; i < of.size(); ++i)
        if (bits >> i & 1) set.push_back(of[i]);
    }
  return sets;
}

}  // namespace

Structure::Structure(const Run& run, std::size_t entry) : local_(run, entry) {
  if (!is_floating(local_.output().dtype()) || local_.output().size() == 0) return;
  for (std::size_t k = 0; k < local_.inputs(); ++k)
    if (is_floating(local_.input(k).dtype())) floating_.push_back(k);
  std::vector<std::size_t> with_constant;
  Array constant;
  for (const std::vector<std::size_t>& set : subsets(floating_)) {
    if (!is_linear_by(set)) continue;
    bool homogeneous = true;
    for (std::size_t i = 0; i < constant_.size(); ++i) homogeneous = homogeneous && constant_.as_double(i) == 0;
    if (homogeneous) {
      inputs_ = set;
      return;
    }
    if (with_constant.empty()) {
      with_constant = set;
      constant = constant_;
    }
  }
  inputs_ = with_constant;
  constant_ = constant;
}

/// The op's value for other values of some inputs; elements of the other inputs that are not finite are replaced, since they would hide
/// everything else.
Array Structure::output_for(const std::vector<std::size_t>& inputs, const std::vector<Array>& values) const {
  std::vector<Array> all;
  for (const Array& x : local_.values()) all.push_back(without_nonfinite(x, 0.5));
  for (std::size_t i = 0; i < inputs.size(); ++i) all[inputs[i]] = values[i];
  Array y = local_.with(all);
  return y.shape() == local_.output().shape() && y.dtype() == local_.output().dtype() ? y : Array();
}

/// Tests f(u + v) = f(u) + f(v) - f(0) for numbers of ordinary size and for large ones, since an op may be linear around 0 only.
bool Structure::is_linear_by(const std::vector<std::size_t>& inputs) {
  const auto values = [&](const auto& make) {
    std::vector<Array> result;
    for (const std::size_t k : inputs) result.push_back(make(local_.input(k), 100 * k));
    return result;
  };
  const double precision = precision_of(local_);
  constant_ = output_for(inputs, values([](const Array& x, std::uint64_t) { return Array::zeros(x.shape(), x.dtype()); }));
  if (constant_.size() == 0) return false;
  for (const double scale : {1.0, 300.0}) {
    const std::vector<Array> u = values([&](const Array& x, std::uint64_t seed) { return random_array(x, scale, seed + 1); });
    std::vector<Array> v;
    for (std::size_t i = 0; i < u.size(); ++i) v.push_back(against(u[i], i + 50));
    const Array of_u = output_for(inputs, u), of_v = output_for(inputs, v), of_both = output_for(inputs, added(u, v));
    if (of_u.size() == 0 || of_v.size() == 0 || of_both.size() == 0) return false;
    double size = 0;
    for (std::size_t i = 0; i < of_u.size(); ++i)
      size = std::max({size, std::abs(of_u.as_double(i)), std::abs(of_v.as_double(i)), std::abs(constant_.as_double(i))});
    for (std::size_t i = 0; i < of_u.size(); ++i) {
      const double gap = of_both.as_double(i) - of_u.as_double(i) - of_v.as_double(i) + constant_.as_double(i);
      if (!(std::abs(gap) <= precision * size)) return false;
    }
  }
  return true;
}

std::optional<std::vector<Summand>> Structure::summands(std::size_t position) const {
  if (!is_linear()) return std::nullopt;
  std::vector<Summand> result;
  const double y = local_.output().as_double(position), constant = constant_.as_double(position);
  double sum = constant, size = std::abs(constant);
  for (const std::size_t k : inputs_) {
    const Array slope = local_.row(k, position);
    for (std::size_t p = 0; p < slope.size(); ++p) {
      const double j = slope.as_double(p), x = local_.input(k).as_double(p);
      if (j == 0 || (std::isnan(j) && slope.size() > 1)) continue;
      result.push_back({j * x, k, p, j});
      sum += j * x;
      size += std::abs(j * x);
    }
  }
  if (constant != 0) result.push_back({constant, npos, npos, constant});
  if (std::isfinite(y) && !(std::abs(sum - y) <= precision_of(local_) * size)) return std::nullopt;
  return result;
}

void Structure::find_partners(std::size_t position, std::span<Summand* const> summands) const {
  for (const std::size_t k : inputs_) {
    for (const std::size_t b : floating_) {
      if (std::find(inputs_.begin(), inputs_.end(), b) != inputs_.end()) continue;
      // The derivatives with respect to input k for another input b; those that are elements of b change with it.
      std::vector<Array> other, slopes;
      for (const std::uint64_t seed : {std::uint64_t{7}, std::uint64_t{8}}) {
        std::vector<Array> inputs;
        for (const Array& x : local_.values()) inputs.push_back(without_nonfinite(x, 0.5));
        inputs[b] = random_array(inputs[b], 1, seed);
        const std::optional<OpJacobian> moved = local_.at(inputs);
        if (!moved) break;
        other.push_back(inputs[b]);
        slopes.push_back(moved->row(k, position));
      }
      if (slopes.size() < 2) continue;
      for (Summand* const s : summands) {
        if (s->input != k || s->partner_input != npos) continue;
        const double first = slopes[0].as_double(s->position), second = slopes[1].as_double(s->position);
        if (first == s->factor && second == s->factor) continue;
        std::size_t found = npos;
        for (std::size_t r = 0; r < other[0].size(); ++r) {
          const double c = first / other[0].as_double(r);
          const bool follows =
              std::abs(c * other[1].as_double(r) - second) <= 1e-6 * std::abs(second) &&
              (!std::isfinite(s->factor) || std::abs(c * local_.input(b).as_double(r) - s->factor) <= 1e-5 * std::abs(s->factor));
          if (!follows) continue;
          found = found == npos ? r : npos - 1;  // more than one match counts as none
        }
        if (found >= npos - 1) continue;
        s->partner_input = b;
        s->partner_position = found;
        const double c = first / other[0].as_double(found);
        s->factor = std::abs(c - 1) < 1e-5 ? 1 : std::abs(c + 1) < 1e-5 ? -1 : c;
      }
    }
  }
}

}  // namespace reel::debug
