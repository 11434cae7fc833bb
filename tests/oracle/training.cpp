#include "training.hpp"

#include <cmath>
#include <limits>
#include <optional>
#include <set>

#include <fmt/format.h>

namespace oracle {

using namespace reel;

namespace {

State renamed(const State& state, const std::string& prefix) {
  State result;
  for (const auto& [ours, theirs] : {std::pair("0.", "fc1."), std::pair("2.", "fc2.")}) {
    for (const std::string kind : {"weight", "bias"}) {
      const auto found = state.find(prefix + theirs + kind);
      if (found == state.end()) throw Error(fmt::format("the reference has no {}{}{}", prefix, theirs, kind));
      result.emplace(ours + kind, found->second);
    }
  }
  return result;
}

/// "clip_grad_norm": a number, or {"max_norm": ..., "norm_type": ...}; "clip_grad_value": a number.
class Clipping {
 public:
  explicit Clipping(const Json& run) {
    if (const Json norm = run.value("clip_grad_norm", Json()); norm.is_object()) {
      max_norm_ = norm.at("max_norm");
      for (const auto& [name, value] : norm.items()) {
        if (name == "norm_type") {
          options_.norm_type = value.is_string() ? std::numeric_limits<double>::infinity() : value.get<double>();
        } else if (name != "max_norm") {
          throw Error("clip_grad_norm has no option " + name);
        }
      }
    } else if (!norm.is_null()) {
      max_norm_ = norm.get<double>();
    }
    if (const Json value = run.value("clip_grad_value", Json()); !value.is_null()) clip_value_ = value.get<double>();
  }
  void apply(const std::vector<ParameterRef>& parameters) const {
    if (max_norm_) optim::clip_grad_norm(parameters, *max_norm_, options_);
    if (clip_value_) optim::clip_grad_value(parameters, *clip_value_);
  }

 private:
  std::optional<double> max_norm_, clip_value_;
  optim::ClipNormOptions options_;
};

/// A number, or a tensor, at one step of a run.
struct Quantity {
  std::string name;
  std::size_t step;
  std::vector<double> ours, reference;
};

std::vector<double> numbers(const Tensor& t) {
  std::vector<double> result;
  for (std::size_t i = 0; i < t.size(); ++i) result.push_back(t.value().as_double(i));
  return result;
}

/// One case while it runs. `nudge` moves each starting weight by so much of itself, up and down in turn.
class Run {
 public:
  Run(const Json& run, const State& reference, double nudge = 0) : id_(run.at("id")), reference_(reference), clipping_(run) {
    for (const auto& [name, value] : run.items())
      if (!std::set<std::string>{"id", "doc", "optimizer", "options", "scheduler", "clip_grad_norm", "clip_grad_value"}.contains(name))
        throw Error("the case has an entry that is not known: " + name);
    model_.to(float64).load_state(renamed(reference, ""));
    for (ParameterRef p : model_.parameters())
      p.update([&]<class T>(T* x, std::size_t n) {
        for (std::size_t i = 0; i < n; ++i) x[i] *= static_cast<T>(i % 2 == 0 ? 1 + nudge : 1 - nudge);
      });
    optimizer_ = make_optimizer(run.at("optimizer"), run.at("options"), model_.parameters());
    schedule_ = make_schedule(run.value("scheduler", Json()), *optimizer_);
  }

  std::vector<Quantity> quantities() {
    std::vector<Quantity> result;
    const std::size_t steps = at("losses").size();
    for (std::size_t step = 1; step <= steps; ++step) {
      const double lr = optimizer_->lr(), loss = this->step();
      result.push_back({"learning rate", step, {lr}, {at("lr").value().as_double(step - 1)}});
      result.push_back({"loss", step, {loss}, {at("losses").value().as_double(step - 1)}});
      for (optim::Scheduler* const scheduler : schedule_.stepped) scheduler->step_with(loss);
      if (!reference_.contains(fmt::format("{}.step{}.fc1.weight", id_, step))) continue;
      const State weights = model_.state();
      for (const auto& [name, reference] : renamed(reference_, fmt::format("{}.step{}.", id_, step)))
        result.push_back({name, step, numbers(weights.at(name)), numbers(reference)});
    }
    return result;
  }

 private:
  const Tensor& at(const std::string& quantity) const {
    const auto found = reference_.find(id_ + "." + quantity);
    if (found == reference_.end()) throw Error("the reference has no " + id_ + "." + quantity);
    return found->second;
  }

  double step() {
    return optimizer_
        ->step([&] {
          Tensor loss = nn::cross_entropy(model_(reference_.at("x")), reference_.at("y"));
          optimizer_->zero_grad();
          loss.backward();
          clipping_.apply(model_.parameters());
          return loss;
        })
        .item<double>();
  }

  std::string id_;
  const State& reference_;
  nn::Sequential model_{nn::Linear(5, 7), tanh, nn::Linear(7, 3)};
  Clipping clipping_;
  std::unique_ptr<optim::Optimizer> optimizer_;
  Schedule schedule_;
};

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (const double d = std::abs(a[i] - b[i]); !(d <= largest)) largest = d;
  }
  return largest;
}

/// Where a quantity differs most, if it does by more than 1e-9 of its largest element. One small element among larger ones carries the
/// rounding errors of the sums that they all come from: how large these are against it differs from one processor to the next.
std::optional<std::string> difference(const Quantity& q) {
  if (q.ours.size() != q.reference.size()) return fmt::format("{} elements, the reference has {}", q.ours.size(), q.reference.size());
  double scale = 0;
  for (const double x : q.reference) scale = std::max(scale, std::abs(x));
  std::optional<std::string> text;
  double worst = 1e-9 * scale + 1e-12;
  for (std::size_t i = 0; i < q.ours.size(); ++i) {
    const double distance = std::abs(q.ours[i] - q.reference[i]);
    if (distance <= worst) continue;
    worst = distance;
    text = fmt::format("ours {:.17g}, reference {:.17g}, {:.3g} of the largest element", q.ours[i], q.reference[i], distance / scale);
  }
  return text;
}

/// The first step at which each quantity differs; later ones follow from it. Each line also says how far our own run moves there when its
/// starting weights change by one unit in the last place: a run that amplifies rounding errors is told from a wrong formula by that. It
/// fails all the same.
std::vector<std::string> compare(const Json& one_case, const State& reference) {
  const std::string id = one_case.at("id");
  const auto run = Run(one_case, reference).quantities();
  std::vector<Quantity> nudged;
  std::vector<std::string> failures;
  std::set<std::string> reported;
  for (std::size_t i = 0; i < run.size(); ++i) {
    const auto text = difference(run[i]);
    if (!text || !reported.insert(run[i].name).second) continue;
    if (nudged.empty()) nudged = Run(one_case, reference, std::numeric_limits<double>::epsilon()).quantities();
    failures.push_back(fmt::format("{}: {} of step {}: {}; our weights moved by an ulp at the start move it by {:.3g}", id, run[i].name,
                                   run[i].step, *text, largest_difference(run[i].ours, nudged[i].ours)));
  }
  return failures;
}

}  // namespace

std::vector<std::string> failures_of_training(const Json& one_case, const State& reference) {
  try {
    return compare(one_case, reference);
  } catch (const std::exception& e) {
    return {fmt::format("{}: {}", one_case.at("id").get<std::string>(), e.what())};
  }
}

}  // namespace oracle
