#include <reel/autograd/gradcheck/diagnosis.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <reel/autograd/detail/sweep.hpp>
#include <reel/core/kernels/kernels.hpp>

namespace reel::detail {

namespace {

/// Whether two lists of numbers agree within the accuracy of a numeric gradient, at all positions known in both.
bool agree(const Array& a, const Array& b) {
  if (a.shape() != b.shape()) return false;
  double scale = 0;
  bool any = false;
  for (std::size_t i = 0; i < b.size(); ++i)
    if (std::isfinite(b.as_double(i))) scale = std::max(scale, std::abs(b.as_double(i)));
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double p = a.as_double(i), q = b.as_double(i);
    if (std::isnan(q)) continue;
    if (!(std::abs(p - q) <= 1e-5 * std::abs(q) + 1e-6 * scale + 1e-9)) return false;
    any = true;
  }
  return any;
}

bool is_zero(const Array& a) {
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a.as_double(i) != 0) return false;
  return true;
}

Tensor copy_of(Array a) {
  a.mutable_raw();
  return Tensor(std::move(a));
}

Array times(const Array& a, double c) { return kernels::mul(a, Array::scalar(c, a.dtype())); }

Array swapped(const Array& a) {
  Ints axes;
  for (std::size_t i = 0; i < a.rank(); ++i) axes.push_back(static_cast<std::ptrdiff_t>(i));
  std::swap(axes[a.rank() - 2], axes[a.rank() - 1]);
  return kernels::permute(a, axes);
}

/// "0.8 = 4/5" for a number that is a fraction of small integers within the accuracy of a numeric gradient, else nine digits.
std::string factor_text(double c) {
  for (int q = 1; q <= 64; ++q) {
    const double p = std::round(c * q);
    if (p == 0 || std::abs(p) > 4096 || std::abs(c * q - p) > 1e-6 * std::abs(p)) continue;
    return q == 1 ? fmt::format("{}", p) : fmt::format("{:.6g} = {}/{}", p / q, p, q);
  }
  return number_text(c);
}

Array reversed(const Array& a) {
  Slices slices = Slices::whole(a.rank());
  slices[a.rank() - 1] = Slice(std::nullopt, std::nullopt, -1);
  return kernels::slice(a, slices);
}

/// The array moved by one along the last axis.
Array shifted(const Array& a, bool forward) {
  const std::size_t n = a.shape().back();
  Array result = a;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const std::size_t column = i % n, from = i - column + (forward ? (column + n - 1) % n : (column + 1) % n);
    result.mutable_data<double>()[i] = a.as_double(from);
  }
  return result;
}

class Diagnosis {
 public:
  Diagnosis(Finding& finding, const Problem& problem, const Node* node) : f_(finding), problem_(problem), node_(node) {
    for (std::size_t k = 0; k < f_.rule_gradients.size() && k < problem.inputs.size(); ++k)
      if (problem.inputs[k].checked && !agree(f_.rule_gradients[k], f_.numeric_gradients[k])) wrong_.push_back(k);
  }

  void run() {
    if (wrong_.empty()) return;
    const std::pair<const char*, Mistake (Diagnosis::*)() const> candidates[] = {
        {"sign", &Diagnosis::sign},
        {"no gradient", &Diagnosis::missing},
        {"inputs swapped", &Diagnosis::inputs_swapped},
        {"mean for sum", &Diagnosis::mean_for_sum},
        {"transposed", &Diagnosis::transposed},
        {"missing broadcast sum", &Diagnosis::broadcast_part},
        {"output and input mixed up", &Diagnosis::mixed_up},
        {"local derivative left out", &Diagnosis::passed_on},
        {"reversed or shifted", &Diagnosis::moved},
        {"constant factor", &Diagnosis::factor},
    };
    for (const auto& [name, test] : candidates) {
      if (Mistake m = (this->*test)(); !m.name.empty()) {
        f_.mistake = std::move(m);
        return;
      }
      f_.ruled_out.emplace_back(name);
    }
  }

 private:
  const Array& rule(std::size_t k) const { return f_.rule_gradients[k]; }
  const Array& numeric(std::size_t k) const { return f_.numeric_gradients[k]; }
  const std::string& label(std::size_t k) const { return problem_.inputs[k].label; }
  std::size_t result_size() const { return problem_.weights[0].size(); }

  template <class Test>
  bool all_wrong(const Test& test) const {
    return std::all_of(wrong_.begin(), wrong_.end(), test);
  }
  /// Whether the rule's gradients are the right ones times c.
  bool is_times(double c) const {
    return all_wrong([&](std::size_t k) { return agree(rule(k), times(numeric(k), c)); });
  }

  Mistake sign() const {
    if (is_times(-1)) return {"sign", "the rule's gradient is the right one times -1"};
    return {};
  }

  Mistake missing() const {
    if (!all_wrong([&](std::size_t k) { return is_zero(rule(k)); })) return {};
    const char* const why =
        problem_.order > 1 ? "the rule's gradient does not depend on this input for the tape: part of it left the tape (detach(), value(), "
                             "item(), NoGrad)"
        : node_            ? "the rule gives zero, or none, for an input that the result depends on"
                           : "no gradient arrives: something left the tape on the way (detach(), value(), item(), NoGrad)";
    return {problem_.order > 1 ? "left the tape" : "no gradient", why};
  }

  Mistake inputs_swapped() const {
    if (wrong_.size() != 2 || problem_.order > 1) return {};
    const std::size_t i = wrong_[0], k = wrong_[1];
    if (!agree(rule(i), numeric(k)) || !agree(rule(k), numeric(i))) return {};
    return {"inputs swapped", fmt::format("the gradients of {} and {} are given in each other's place", label(i), label(k))};
  }

  Mistake mean_for_sum() const {
    for (const std::size_t k : wrong_) {
      const std::size_t in = problem_.inputs[k].value.size(), out = result_size();
      if (in == out || in == 0 || out == 0) continue;
      const double n = static_cast<double>(std::max(in, out)) / static_cast<double>(std::min(in, out));
      if (is_times(1 / n))
        return {"mean for sum", fmt::format("the rule's gradient is the right one divided by {}, the number of elements that are summed: a "
                                            "mean where a sum belongs",
                                            n)};
      if (is_times(n))
        return {"sum for mean",
                fmt::format("the rule's gradient is {} times the right one, the number of elements that are averaged: a sum "
                            "where a mean belongs",
                            n)};
    }
    return {};
  }

  Mistake transposed() const {
    const auto test = [&](std::size_t k) {
      const Shape& shape = rule(k).shape();
      if (shape.rank() < 2) return false;
      const std::size_t rows = shape[shape.rank() - 2], columns = shape.back();
      if (rows < 2 || columns < 2) return false;
      if (rows == columns && agree(rule(k), swapped(numeric(k)))) return true;
      return agree(rule(k), swapped(numeric(k)).with_shape(shape)) || agree(swapped(rule(k)).with_shape(shape), numeric(k));
    };
    if (all_wrong(test)) return {"transposed", "the rule's gradient has the right numbers in transposed places"};
    if (Mistake m = transposed_factor(); !m.name.empty()) return m;
    return applied_forward();
  }

  /// The rule with one square matrix that it reads transposed.
  Mistake transposed_factor() const {
    if (!node_ || problem_.order > 1) return {};
    for (std::size_t p = 0; p <= readable(); ++p) {
      const Array& read = tensor(p);
      if (read.rank() < 2 || read.shape().back() != read.shape()[read.rank() - 2] || read.shape().back() < 2) continue;
      std::vector<Array> all = tensors();
      all[p] = swapped(read);
      if (rule_gives_right(all)) return {"transposed", fmt::format("right if the rule read {} transposed", name(p))};
    }
    const Array dy = problem_.weights[0];
    if (dy.rank() >= 2 && dy.shape().back() == dy.shape()[dy.rank() - 2] && dy.shape().back() >= 2 &&
        rule_gives_right(tensors(), swapped(dy)))
      return {"transposed", "right if the rule read dy transposed"};
    return {};
  }

  /// y = L x has the gradient Lᵀ dy; L dy is a common mistake.
  Mistake applied_forward() const {
    if (!node_ || problem_.order > 1 || wrong_.size() != 1 || problem_.inputs[wrong_[0]].value.shape() != problem_.weights[0].shape())
      return {};
    const std::size_t k = wrong_[0];
    std::vector<Array> point = problem_.point();
    if (point[k].dtype() != problem_.weights[0].dtype()) return {};
    point[k] = problem_.weights[0];
    try {
      if (agree(rule(k), problem_.evaluate(point)[0].value().astype(float64)))
        return {"transposed", "the rule applies the op itself to dy; a linear op's rule applies its transpose"};
    } catch (const MemoryError&) {
      throw;
    } catch (const Error&) {}
    return {};
  }

  /// The gradient of one of several copies of an input that was repeated.
  Mistake broadcast_part() const {
    if (problem_.order > 1) return {};
    const Shape& out = problem_.weights[0].shape();
    const auto test = [&](std::size_t k) {
      const Shape& in = problem_.inputs[k].value.shape();
      if (in == out || !broadcasts_to(in, out) || in.elements() == 0) return false;
      for (const bool first : {true, false})
        if (node_ && agree(rule(k), rule_for_one_copy(k, in, first))) return true;
      return false;
    };
    if (!all_wrong(test)) return {};
    return {"missing broadcast sum",
            "the rule's gradient is that of one copy only; the input is repeated, so its gradient is the sum over "
            "the copies"};
  }

  /// The rule's gradient for a dy that is zero except for one copy: it is right for that copy if only the sum is missing.
  Array rule_for_one_copy(std::size_t k, const Shape& in, bool first) const {
    const Array& w = problem_.weights[0];
    Slices slices = Slices::whole(w.rank());
    const std::size_t offset = w.rank() - in.rank();
    for (std::size_t axis = 0; axis < w.rank(); ++axis) {
      const bool repeated = axis < offset || in[axis - offset] != w.shape()[axis];
      if (repeated) slices[axis] = first ? Slice(0, 1) : Slice(-1, std::nullopt);
    }
    Array dy = kernels::slice_backward(kernels::slice(w, slices), w.shape(), slices);
    const std::vector<Array> all = tensors();
    const std::optional<std::vector<Array>> got = run_rule(all, dy);
    return got ? (*got)[k] : Array();
  }

  Mistake mixed_up() const {
    if (!node_ || problem_.order > 1) return {};
    const std::vector<Array> all = tensors();
    for (std::size_t p = 0; p < all.size(); ++p) {
      for (std::size_t q = 0; q < all.size(); ++q) {
        if (p == q || all[p].shape() != all[q].shape() || all[p].dtype() != all[q].dtype()) continue;
        std::vector<Array> other = all;
        other[p] = all[q];
        if (rule_gives_right(other))
          return {"output and input mixed up", fmt::format("right if the rule read {} in place of {}", name(q), name(p))};
        if (p > q) continue;
        other[q] = all[p];
        if (rule_gives_right(other))
          return {"output and input mixed up", fmt::format("right if the rule read {} and {} in each other's place", name(p), name(q))};
      }
    }
    return {};
  }

  Mistake passed_on() const {
    const auto test = [&](std::size_t k) { return agree(rule(k), problem_.weights[0].astype(float64)); };
    if (problem_.order == 1 && all_wrong(test)) return {"local derivative left out", "the rule hands dy on unchanged"};
    return {};
  }

  Mistake moved() const {
    if (all_wrong([&](std::size_t k) { return rule(k).rank() > 0 && rule(k).shape().back() > 1 && agree(rule(k), reversed(numeric(k))); }))
      return {"reversed", "the rule's gradient has the right numbers in reversed order along the last axis"};
    for (const bool forward : {true, false})
      if (all_wrong([&](std::size_t k) {
            return rule(k).rank() > 0 && rule(k).shape().back() > 2 && agree(rule(k), shifted(numeric(k), forward));
          }))
        return {"shifted", "the rule's gradient has the right numbers, one place off along the last axis"};
    return {};
  }

  Mistake factor() const {
    double c = 0;
    std::size_t known = 0;
    for (const std::size_t k : wrong_) {
      for (std::size_t i = 0; i < rule(k).size(); ++i) {
        const double n = numeric(k).as_double(i);
        if (!std::isfinite(n) || n == 0) continue;
        if (known++ == 0 || std::abs(n) > 1e-3) c = rule(k).as_double(i) / n;
      }
    }
    // For a single element every ratio is constant; only a simple ratio is informative.
    const bool plain = std::abs(c * 12 - std::round(c * 12)) < 1e-6 || std::abs(12 / c - std::round(12 / c)) < 1e-6;
    if (known == 0 || c == 0 || !std::isfinite(c) || !(known > 1 || plain) || !is_times(c)) return {};
    const std::string of_second = problem_.order > 1 ? "; part of the rule may have left the tape (detach(), value())" : "";
    return {problem_.order > 1 ? "left the tape" : "constant factor",
            fmt::format("the rule's gradient is {} times the right one everywhere{}", factor_text(c), of_second)};
  }

  // ---- running the op's rule on other tensors ----

  /// The inputs and the output.
  std::vector<Array> tensors() const {
    std::vector<Array> all;
    for (const Tensor& t : node_->inputs) all.push_back(t.value());
    all.push_back(node_->value);
    return all;
  }
  std::size_t readable() const { return node_->inputs.size(); }
  const Array& tensor(std::size_t p) const { return p < node_->inputs.size() ? node_->inputs[p].value() : node_->value; }
  std::string name(std::size_t p) const { return p < node_->inputs.size() ? fmt::format("input({})", p) : std::string("output()"); }

  /// The rule's gradients for these inputs and output, in float64; nothing if it throws.
  std::optional<std::vector<Array>> run_rule(const std::vector<Array>& all, const Array& dy) const {
    try {
      std::vector<Tensor> in;
      for (const Array& a : std::span(all).first(all.size() - 1)) in.push_back(copy_of(a));
      const Tensor output = copy_of(all.back());
      Gradients answer = reel::detail::run_rule(node_, Pullback(Tensor(dy), output.node(), in, ~std::uint64_t{0}, false));
      std::vector<Array> result;
      for (std::size_t k = 0; k < in.size() && k < answer.size(); ++k) {
        const Shape& shape = node_->inputs[k].shape();
        Array g = answer[k].defined() ? answer[k].value() : Array::zeros(shape, dy.dtype());
        if (node_->broadcasts && g.shape() != shape && broadcasts_to(shape, g.shape())) g = kernels::sum_to(g, shape);
        result.push_back(g.astype(float64));
      }
      return result;
    } catch (const MemoryError&) {
      throw;
    } catch (const Error&) {
      return std::nullopt;
    }
  }

  bool rule_gives_right(const std::vector<Array>& all) const { return rule_gives_right(all, problem_.weights[0]); }
  bool rule_gives_right(const std::vector<Array>& all, const Array& dy) const {
    const auto got = run_rule(all, dy);
    return got && all_wrong([&](std::size_t k) { return k < got->size() && agree((*got)[k], numeric(k)); });
  }

  Finding& f_;
  const Problem& problem_;
  const Node* node_;
  std::vector<std::size_t> wrong_;  // inputs
};

}  // namespace

void diagnose(Finding& finding, const Problem& problem, const Node* node) {
  if (finding.fault == Fault::mismatch && finding.mistake.name.empty() && !finding.rule_gradients.empty())
    Diagnosis(finding, problem, node).run();
}

std::optional<Finding> check_form(const Entry& entry, const Problem& problem) {
  const Node* const node = entry.output().node();
  const std::size_t inputs = node->inputs.size();
  Gradients answer;
  try {
    std::vector<Tensor> own;  // a rule that writes to its inputs is found out later; here it must not harm the recorded ones
    for (const Tensor& t : node->inputs) own.push_back(copy_of(t.value()));
    const Tensor output = copy_of(entry.value());
    answer = run_rule(node, Pullback(Tensor(problem.weights[0]), output.node(), own, ~std::uint64_t{0}, false));
  } catch (const MemoryError&) {
    throw;
  } catch (const Error&) {
    return std::nullopt;  // the error itself says more
  }
  Finding f{.fault = Fault::wrong_form, .seed = problem.seed};
  if (answer.size() != inputs) {
    f.text = fmt::format("its rule returned {} gradients for {} inputs", answer.size(), inputs);
    return f;
  }
  for (std::size_t k = 0; k < inputs; ++k) {
    const Array& input = node->inputs[k].value();
    if (!answer[k].defined() || !problem.inputs[k].checked) continue;
    const Array& g = answer[k].value();
    if (g.dtype() == input.dtype() && (g.shape() == input.shape() || (node->broadcasts && broadcasts_to(input.shape(), g.shape()))))
      continue;
    f.text = fmt::format("its rule returned a gradient of shape {} and dtype {} for input {}, which has shape {} and dtype {}", g.shape(),
                         name_of(g.dtype()), k, input.shape(), name_of(input.dtype()));
    if (g.dtype() != input.dtype()) {
      f.mistake = {"wrong dtype", "the gradient has to have its input's dtype"};
    } else if (broadcasts_to(input.shape(), g.shape())) {
      f.mistake = {"missing broadcast sum", "the input was repeated to that shape; record_broadcasting() sums its gradient"};
    } else if (g.rank() >= 2 && g.rank() == input.rank() && swapped(g).shape() == input.shape()) {
      f.mistake = {"transposed", "transposed it would fit"};
    } else {
      f.mistake = {"wrong shape", "the gradient has to have its input's shape"};
    }
    return f;
  }
  return std::nullopt;
}

}  // namespace reel::detail
