#include <reel/optim/optimizers/lbfgs.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <reel/autograd/detail/next_value.hpp>
#include <reel/core/kernels/detail/pairwise_reduction.hpp>
#include <reel/optim/checks.hpp>
#include <reel/optim/optimizers/line_search.hpp>
#include <reel/optim/state_visitors.hpp>

namespace reel::optim {

namespace {

using Vector = std::vector<double>;
using Numbers = std::span<const double>;

double dot(Numbers a, Numbers b) {
  constexpr std::size_t lanes = 16;
  double partial[lanes] = {};
  std::size_t i = 0;
  for (; i + lanes <= a.size(); i += lanes)
    for (std::size_t lane = 0; lane < lanes; ++lane) partial[lane] += a[i + lane] * b[i + lane];
  for (; i < a.size(); ++i) partial[0] += a[i] * b[i];
  return kernels::reduce_run<kernels::Sum>(partial, lanes);
}

/// a += scale · b
void add_scaled(Vector& a, double scale, Numbers b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += scale * b[i];
}

double largest(const Vector& x) {
  double result = 0;
  for (const double v : x) result = larger(result, std::abs(v));
  return result;
}

double sum_of_sizes(const Vector& x) {
  double result = 0;
  for (const double v : x) result += std::abs(v);
  return result;
}

void append(Vector& to, const Array& from) {
  for (std::size_t i = 0; i < from.size(); ++i) to.push_back(from.as_double(i));
}

Array array_of(const Vector& x) { return Array::of<double>({x.size()}, std::span(x)); }
Tensor tensor_of(const Vector& x) { return Tensor(array_of(x)); }

}  // namespace

LBFGS::LBFGS(const std::vector<ParameterRef>& parameters, const LBFGSOptions& options, SourceLocation at) {
  add_group(parameters, options, at);
}

void LBFGS::check(const LBFGSOptions& o) const {
  if (groups() > 0 && &o != &options()) throw Error("LBFGS takes all parameters as one vector; it has one group");
  if (!(o.lr >= 0 && o.tolerance_grad >= 0 && o.tolerance_change >= 0))
    throw Error(fmt::format("LBFGS: lr is {}, tolerance_grad {} and tolerance_change {}; none may be negative", o.lr, o.tolerance_grad,
                            o.tolerance_change));
  if (o.max_iter < 1 || o.max_eval < 0 || o.history_size < 1)
    throw Error(fmt::format("LBFGS: max_iter is {}, max_eval {} and history_size {}; they have to be at least 1, 0 and 1", o.max_iter,
                            o.max_eval, o.history_size));
}

LBFGS::Vector LBFGS::values() const {
  Vector result;
  for (const ParameterRef& p : parameters({})) append(result, p.value());
  return result;
}

LBFGS::Vector LBFGS::gradient() const {
  Vector result;
  for (const ParameterRef& p : parameters({})) {
    if (p.has_grad()) {
      append(result, p.grad().value());
    } else {
      result.resize(result.size() + p.size());
    }
  }
  return result;
}

void LBFGS::move_to(const Vector& x, double t, const Vector& d) {
  std::size_t first = 0;
  for (ParameterRef p : parameters({})) {
    if (p.requires_grad())
      p.update([&]<class T>(T* to, std::size_t n) {
        for (std::size_t i = 0; i < n; ++i) to[i] = static_cast<T>(x[first + i] + t * d[first + i]);
      });
    first += p.size();
  }
}

LBFGS::Point LBFGS::evaluate(const Closure& closure, const Vector& x, double t) {
  move_to(x, t, memory_.d);
  Point point{t, closure().item<double>(), gradient(), 0};
  ++memory_.func_evals;
  point.slope = dot(point.gradient, memory_.d);
  return point;
}

void LBFGS::remember(const Vector& g) {
  Vector y = g, s = memory_.d;
  add_scaled(y, -1, memory_.previous_gradient);
  for (double& v : s) v *= memory_.t;
  const double ys = dot(y, s);
  if (!(ys > 1e-10)) return;
  if (memory_.steps.size() == static_cast<std::size_t>(options().history_size)) {
    memory_.gradients.erase(memory_.gradients.begin());
    memory_.steps.erase(memory_.steps.begin());
    memory_.ro.erase(memory_.ro.begin());
  }
  memory_.h_diag = ys / dot(y, y);
  memory_.ro.push_back(1 / ys);
  memory_.gradients.push_back(array_of(y));
  memory_.steps.push_back(array_of(s));
}

/// The two-loop recursion (algorithm 7.4): d = -H g for the inverse Hessian H approximated from the last steps.
void LBFGS::choose_direction(const Vector& g) {
  if (memory_.n_iter > 1) remember(g);
  const Memory& m = memory_;
  Vector q = g;
  for (double& v : q) v = -v;
  std::vector<double> alpha(m.steps.size());
  for (std::size_t i = m.steps.size(); i-- > 0;) {
    alpha[i] = dot(m.steps[i].span<double>(), q) * m.ro[i];
    add_scaled(q, -alpha[i], m.gradients[i].span<double>());
  }
  if (m.n_iter > 1)
    for (double& v : q) v *= m.h_diag;
  for (std::size_t i = 0; i < m.steps.size(); ++i)
    add_scaled(q, alpha[i] - dot(m.gradients[i].span<double>(), q) * m.ro[i], m.steps[i].span<double>());
  memory_.d = std::move(q);
}

Tensor LBFGS::step_by(const Closure& closure) {
  struct Undo {
    Memory& place;
    Memory memory;
    std::vector<reel::detail::NextValue> values = {};
    bool is_done = false;
    ~Undo() {
      if (is_done) return;
      std::swap(place, memory);
      for (reel::detail::NextValue& value : values) value.put();
    }
  } undo{memory_, memory_};
  for (const ParameterRef& p : parameters()) undo.values.emplace_back(p, p.value());
  Tensor loss = iterate(closure);
  undo.is_done = true;
  return loss;
}

Tensor LBFGS::iterate(const Closure& closure) {
  const LBFGSOptions& o = options();
  const std::int64_t limit = memory_.func_evals + (o.max_eval > 0 ? o.max_eval : o.max_iter * 5 / 4);
  const Tensor first = closure();
  ++memory_.func_evals;
  Point now{0, first.item<double>(), gradient(), 0};
  if (largest(now.gradient) <= o.tolerance_grad) return first;
  for (std::int64_t i = 1; i <= o.max_iter; ++i) {
    ++memory_.n_iter;
    choose_direction(now.gradient);
    memory_.previous_gradient = now.gradient;
    const double previous_loss = now.loss;
    memory_.t = memory_.n_iter == 1 ? std::min(1.0, 1 / sum_of_sizes(now.gradient)) * o.lr : o.lr;
    now.slope = dot(now.gradient, memory_.d);
    if (now.slope > -o.tolerance_change) break;
    const Vector x = values();
    if (o.strong_wolfe) {
      now.t = 0;
      now = strong_wolfe([&](double t) { return evaluate(closure, x, t); }, now, memory_.t, largest(memory_.d), o.tolerance_change);
      memory_.t = now.t;
      move_to(x, now.t, memory_.d);
    } else if (i == o.max_iter) {
      move_to(x, memory_.t, memory_.d);
    } else {
      now = evaluate(closure, x, memory_.t);
    }
    if (i == o.max_iter || memory_.func_evals >= limit || largest(now.gradient) <= o.tolerance_grad) break;
    if (largest(memory_.d) * std::abs(memory_.t) <= o.tolerance_change || std::abs(now.loss - previous_loss) < o.tolerance_change) break;
  }
  return first;
}

State LBFGS::common_state() const {
  const Memory& m = memory_;
  State result{{"func_evals", scalar_of(m.func_evals)},
               {"n_iter", scalar_of(m.n_iter)},
               {"t", scalar_of(m.t)},
               {"H_diag", scalar_of(m.h_diag)},
               {"d", tensor_of(m.d)},
               {"prev_flat_grad", tensor_of(m.previous_gradient)},
               {"ro", tensor_of(m.ro)}};
  for (std::size_t i = 0; i < m.steps.size(); ++i) {
    result[fmt::format("old_dirs.{}", i)] = Tensor(m.gradients[i]);
    result[fmt::format("old_stps.{}", i)] = Tensor(m.steps[i]);
  }
  return result;
}

Change LBFGS::prepare_common(const State& state) {
  Memory m;
  std::size_t size = 0;
  for (const ParameterRef& p : parameters({})) size += p.size();
  Entries entries(state);
  const auto vector = [&](const std::string& name, std::size_t n) {
    Vector result;
    append(result, entries.array(name, {n}, float64, "vector"));
    return result;
  };
  entries.number("func_evals", m.func_evals);
  entries.number("n_iter", m.n_iter);
  entries.number("t", m.t);
  entries.number("H_diag", m.h_diag);
  const std::size_t length = m.n_iter == 0 ? 0 : size;
  m.d = vector("d", length);
  m.previous_gradient = vector("prev_flat_grad", length);
  const std::size_t history = entries.has("ro") ? state.at("ro").size() : 0;
  m.ro = vector("ro", history);
  for (std::size_t i = 0; i < history; ++i) {
    m.gradients.push_back(entries.array(fmt::format("old_dirs.{}", i), {size}, float64, "vector"));
    m.steps.push_back(entries.array(fmt::format("old_stps.{}", i), {size}, float64, "vector"));
  }
  entries.finish("LBFGS");
  return Change([this, m = std::move(m)]() mutable noexcept { std::swap(memory_, m); });
}

}  // namespace reel::optim
