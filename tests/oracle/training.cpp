#include "training.hpp"

#include <cmath>
#include <limits>
#include <optional>
#include <set>

#include <fmt/format.h>

namespace oracle {

using namespace reel;

namespace {

bool is_close(double ours, double reference) { return std::abs(ours - reference) <= 1e-9 * std::abs(reference) + 1e-12; }

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

/// One case while it runs.
class Run {
 public:
  Run(const Json& run, const State& reference) : id_(run.at("id")), reference_(reference), clipping_(run) {
    for (const auto& [name, value] : run.items())
      if (!std::set<std::string>{"id", "optimizer", "options", "scheduler", "clip_grad_norm", "clip_grad_value", "steps"}.contains(name))
        throw Error("the case has an entry that is not known: " + name);
    model_.to(float64).load_state(renamed(reference, ""));
    optimizer_ = make_optimizer(run.at("optimizer"), run.at("options"), model_.parameters());
    schedule_ = make_schedule(run.value("scheduler", Json()), *optimizer_);
  }

  std::vector<std::string> failures() {
    const std::size_t steps = reference_.at(id_ + ".losses").size();
    for (std::size_t step = 1; step <= steps; ++step) {
      compare("the learning rate", step, optimizer_->lr(), at(".lr", step));
      const double loss = this->step();
      compare("the loss", step, loss, at(".losses", step));
      for (optim::Scheduler* const scheduler : schedule_.stepped) scheduler->step_with(loss);
      if (reference_.contains(fmt::format("{}.step{}.fc1.weight", id_, step))) compare_weights(step);
    }
    return failures_;
  }

 private:
  double at(const char* quantity, std::size_t step) const { return reference_.at(id_ + quantity).value().as_double(step - 1); }

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

  /// Of each quantity, only the first that differs: the others follow from it.
  void compare(const std::string& quantity, std::size_t step, double ours, double reference) {
    if (is_close(ours, reference) || !failed_.insert(quantity).second) return;
    failures_.push_back(fmt::format("{}: {} of step {} is {:.17g}, the reference's {:.17g}, relative difference {:.3g}", id_, quantity, step,
                                    ours, reference, std::abs(ours - reference) / std::abs(reference)));
  }

  void compare_weights(std::size_t step) {
    const State ours = model_.state();
    for (const auto& [name, reference] : renamed(reference_, fmt::format("{}.step{}.", id_, step)))
      for (std::size_t i = 0; i < reference.size(); ++i)
        compare("an element of " + name, step, ours.at(name).value().as_double(i), reference.value().as_double(i));
  }

  std::string id_;
  const State& reference_;
  nn::Sequential model_{nn::Linear(5, 7), tanh, nn::Linear(7, 3)};
  Clipping clipping_;
  std::unique_ptr<optim::Optimizer> optimizer_;
  Schedule schedule_;
  std::vector<std::string> failures_;
  std::set<std::string> failed_;
};

}  // namespace

std::vector<std::string> failures_of_training(const Json& one_case, const State& reference) {
  try {
    return Run(one_case, reference).failures();
  } catch (const std::exception& e) {
    return {fmt::format("{}: {}", one_case.at("id").get<std::string>(), e.what())};
  }
}

}  // namespace oracle
