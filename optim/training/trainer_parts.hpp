#pragma once
// Internal; not installed. The parts of a Trainer that live while it goes over data.
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <reel/autograd/context.hpp>
#include <reel/optim/training/trainer.hpp>

namespace reel::optim {

/// Throws Error, with the list of names, unless `name` is "loss", a metric's, or with validation data "val_" and one of those.
void check_watched(const std::string& name, const std::vector<std::string>& metrics, bool has_validation);

/// Whether larger is better: as the user said, else as the report says; where both are silent false, with a warning the first time.
bool is_larger_better(const char* who, const std::string& name, std::optional<bool> said, const EpochReport& report, bool& warned);

/// Calls a user's function. An exception that is not an Error becomes an Error that says whose function threw it and where fit() was
/// called.
template <class F>
decltype(auto) call_user(const char* whose, SourceLocation at, const F& f) {
  try {
    return f();
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& e) {
    const std::string place = to_string(at);
    throw Error(fmt::format("{} threw: {}{}", whose, e.what(), place.empty() ? "" : " (" + place + ")"));
  }
}

/// Calls f(callback) for each, with fit()'s place in what they throw.
template <class F>
void call_callbacks(const std::vector<Callback*>& callbacks, SourceLocation at, const F& f) {
  reel::detail::placed(at, [&] {
    for (Callback* const callback : callbacks) call_user("a callback", {}, [&] { f(*callback); });
  });
}

/// A batch's prediction and loss, and their weight in means over batches.
struct Trainer::Outcome {
  Tensor prediction, loss;
  double weight = 0;                         // the divisor of the mean: the rows, without those that the loss ignores
  std::optional<std::int64_t> ignored = {};  // the class that the loss ignores
};

/// Loss and metrics of the batches so far.
struct Trainer::Sums {
  const std::vector<metrics::Metric>& metrics;
  double loss = 0, weights = 0;
  std::vector<UniquePtr<metrics::Meter>> meters = {};

  explicit Sums(const std::vector<metrics::Metric>& of) : metrics(of) {
    for (const metrics::Metric& metric : metrics) meters.push_back(metric.start());
  }
  void add(const Outcome& outcome, const data::Batch& batch);
  Score score() const {
    Score result{loss / weights, {}};
    for (std::size_t i = 0; i < metrics.size(); ++i) result.metrics.emplace_back(metrics[i].name, meters[i]->result());
    return result;
  }
};

/// One call of fit().
struct Trainer::Training {
  const FitOptions& options;
  data::Batches batches;
  std::vector<Callback*> callbacks;
  SourceLocation at;
  History history = {};
  bool has_validation = false;
  // Of the batches whose gradients wait for a step: how many, the first one's weight, and the sum of all as multiples of it.
  std::size_t micro_batches = 0;
  double first_weight = 0, sum_of_weights = 0;

  /// While alive, the trainer's pointer refers to this training.
  class Scope {
   public:
    Scope(Training*& place, Training* training) : place_(place), before_(std::exchange(place, training)) {}
    ~Scope() { place_ = before_; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Training*& place_;
    Training* before_;
  };
};

}  // namespace reel::optim
