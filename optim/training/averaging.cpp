#include <reel/optim/training/averaging.hpp>

#include <set>

#include <fmt/format.h>
#include <reel/autograd/detail/node.hpp>
#include <reel/optim/optimizers/elementwise_update.hpp>
#include <reel/optim/state_visitors.hpp>

namespace reel::optim {

namespace {

/// mean += share · (x - mean)
template <class T>
void average(Array& mean, const Array& x, double share) {
  T* const m = mean.mutable_data<T>();
  const T* const values = x.data<T>();
  const T s = static_cast<T>(share);
  parallel_for(x.size(), update_grain, [&](std::size_t begin, std::size_t end) {
    update_run(
        end - begin, [s](T value, T& to) { to += s * (value - to); }, values + begin, m + begin);
  });
}

/// Gives the tensor elements of its own in this dtype, unless it has them already.
void own(Tensor& tensor, Dtype dtype) {
  if (tensor.is_only_owner() && !tensor.value().is_shared() && tensor.dtype() == dtype) return;
  Array elements = tensor.value().astype(dtype);
  elements.mutable_raw();
  tensor = Tensor(std::move(elements));
}

/// The model's state with these values instead of its own.
State with(const nn::Module& model, const State& values) {
  State state = model.state();
  for (const auto& [name, value] : values) state[name] = value;
  return state;
}

}  // namespace

WeightAverage::WeightAverage(nn::Module& model, const AveragingOptions& options) : model_(&model) {
  std::set<std::string> parameters;
  for (const auto& [name, parameter] : model.named_parameters()) parameters.insert(name);
  for (const auto& [name, value] : model.state())
    if (parameters.contains(name) || (options.buffers && is_floating(value.value().dtype()))) values_[name] = value;
}

void WeightAverage::update(SourceLocation at) {
  State now = model_->state();
  for (const auto& [name, mean] : values_) {
    const auto found = now.find(name);
    if (found == now.end() || found->second.shape() != mean.shape())
      reel::detail::placed(at, [&, &missing = name] {
        throw Error(fmt::format("{}: the model's {} is not what it was when the average began; make a new one", this->name(), missing));
      });
  }
  for (auto& [name, mean] : values_) {
    Tensor& x = now.at(name);
    if (updates_ > 0) own(mean, x.dtype());
  }
  // From here on nothing is allocated.
  ++updates_;
  for (auto& [name, mean] : values_) {
    Tensor& x = now.find(name)->second;
    if (updates_ == 1) {
      mean = std::move(x);
      continue;
    }
    Array& to = mean.node()->value;
    x.dtype() == float32 ? average<float>(to, x.value(), share(updates_)) : average<double>(to, x.value(), share(updates_));
  }
}

State WeightAverage::state() const {
  State result{{"updates", scalar_of(updates_)}};
  for (const auto& [name, value] : values_) result["mean." + name] = value;
  return result;
}

void WeightAverage::load_state(const State& state, SourceLocation at) {
  reel::detail::placed(at, [&] { prepare_load(state).commit(); });
}

Change WeightAverage::prepare_load(const State& state) {
  Entries entries(state);
  std::int64_t updates = 0;
  State values;
  entries.number("updates", updates);
  if (updates < 0) entries.refuse("updates is negative");
  for (const auto& [name, value] : values_)
    values[name] = Tensor(entries.array("mean." + name, value.shape(), value.value().dtype(), name));
  entries.finish(name());
  return Change([this, updates, values = std::move(values)]() mutable noexcept {
    updates_ = updates;
    values_.swap(values);
  });
}

EMA::EMA(nn::Module& model, double decay, const AveragingOptions& options, SourceLocation at)
    : WeightAverage(model, options), decay_(decay) {
  reel::detail::placed(at, [&] {
    if (!(decay >= 0 && decay < 1)) throw Error(fmt::format("EMA: decay is {}; it has to be at least 0 and below 1", decay));
  });
}

AveragedScope::AveragedScope(const WeightAverage& average, SourceLocation at)
    : restore_(average.model().prepare_load(average.model().state())) {
  average.model().load_state(with(average.model(), average.values()), {}, at);
}

AveragedScope::~AveragedScope() { restore_.commit(); }

}  // namespace reel::optim
