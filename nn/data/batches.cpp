#include <reel/nn/data/batches.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <reel/core/kernels/manipulation.hpp>
#include <reel/core/random.hpp>

namespace reel::data {

Batches::Batches(const Dataset& dataset, BatchOptions options, SourceLocation at) : dataset_(&dataset), options_(options) {
  detail::placed(at, [&] {
    dataset.check({});
    if (require_count("Batches", "the batch size", options.batch_size) == 0)
      throw Error("Batches: a batch size of 0; it has to be at least 1");
    order_ = Array::range(0, static_cast<std::int64_t>(dataset.size()));
  });
}

std::size_t Batches::size() const {
  const std::size_t n = dataset_->size(), b = options_.batch_size;
  return n / b + (!options_.drop_last && n % b != 0 ? 1 : 0);
}

void Batches::shuffle() {
  epoch_ = epoch();
  is_left_ = false;
  position_ = 0;
  is_resumed_ = false;
  if (!options_.shuffle) return;
  const std::size_t n = dataset_->size();
  order_ = kernels::permutation(n, kernels::reserve(n));
}

std::size_t Batches::start_pass() {
  ++pass_;
  if (!is_resumed_) shuffle();
  is_resumed_ = false;
  return position_;
}

void Batches::set_position(std::size_t position) {
  if (position == size() && position_ < position) ++epoch_;
  position_ = position;
}

std::map<std::string, Tensor> Batches::state() const {
  const auto number = [](std::int64_t value) { return Tensor(Array::of<std::int64_t>({}, std::span(&value, 1))); };
  return {{"order", Tensor(order_)},
          {"position", number(static_cast<std::int64_t>(position_))},
          {"epoch", number(epoch_)},
          {"batch_size", number(static_cast<std::int64_t>(options_.batch_size))}};
}

void Batches::load_state(const std::map<std::string, Tensor>& state, SourceLocation at) {
  detail::placed(at, [&] { prepare_load(state).commit(); });
}

Change Batches::prepare_load(const std::map<std::string, Tensor>& state) {
  const auto entry = [&](const char* name, const Shape& shape) {
    const auto found = state.find(name);
    if (found == state.end()) throw Error(fmt::format("Batches: the state has no {}", name));
    const Array& value = found->second.value();
    if (value.shape() != shape || value.dtype() != int64)
      throw Error(fmt::format("Batches: {} is {} {} and has to be {} int64", name, value.shape(), name_of(value.dtype()), shape));
    return value;
  };
  const std::size_t n = dataset_->size();
  const Array order = entry("order", {n});
  std::vector<bool> seen(n);
  for (const std::int64_t sample : order.span<std::int64_t>()) {
    if (sample < 0 || static_cast<std::size_t>(sample) >= n || seen[static_cast<std::size_t>(sample)])
      throw Error(fmt::format("Batches: the order is no permutation of {} samples", n));
    seen[static_cast<std::size_t>(sample)] = true;
  }
  const auto position = entry("position", {}).item<std::int64_t>(), epoch = entry("epoch", {}).item<std::int64_t>();
  const auto batch_size = entry("batch_size", {}).item<std::int64_t>();
  if (batch_size != static_cast<std::int64_t>(options_.batch_size))
    throw Error(fmt::format("Batches: the state is of batches of {}, these are of {}", batch_size, options_.batch_size));
  if (position < 0 || static_cast<std::size_t>(position) > size() || epoch < 0)
    throw Error(fmt::format("Batches: position {} of epoch {} in a pass of {} batches", position, epoch, size()));
  return Change([this, order, position = static_cast<std::size_t>(position), epoch]() noexcept {
    order_ = order;
    position_ = position;
    epoch_ = epoch;
    is_left_ = false;
    is_resumed_ = position_ > 0 && position_ < size();
  });
}

Batch Batches::operator[](std::size_t i) const {
  if (i >= size()) throw ShapeError(fmt::format("batch {} of {} batches", i, size()));
  if (order_.size() != dataset_->size())
    throw Error(fmt::format("Batches: made for {} samples, and the data set has {} now, or the Batches were moved from", order_.size(),
                            dataset_->size()));
  const std::size_t first = i * options_.batch_size;
  const auto rows = order_.span<std::int64_t>().subspan(first, std::min(options_.batch_size, dataset_->size() - first));
  return {Tensor(kernels::take_rows(dataset_->features.value(), rows)), Tensor(kernels::take_rows(dataset_->targets.value(), rows))};
}

}  // namespace reel::data
