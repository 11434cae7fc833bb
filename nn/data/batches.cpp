#include <reel/nn/data/batches.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <reel/core/kernels/movement.hpp>
#include <reel/core/random.hpp>

namespace reel::data {

Batches::Batches(const Dataset& dataset, BatchOptions options)
    : dataset_(&dataset), options_(options), order_(Array::range(0, static_cast<std::int64_t>(dataset.size()))) {
  dataset.check();
  if (options.batch_size == 0) throw Error("Batches: a batch size of 0; it has to be at least 1");
}

std::size_t Batches::size() const {
  const std::size_t n = dataset_->size(), b = options_.batch_size;
  return options_.drop_last ? n / b : (n + b - 1) / b;
}

void Batches::shuffle() {
  if (!options_.shuffle) return;
  const std::size_t n = dataset_->size();
  order_ = kernels::permutation(n, kernels::reserve(n));
}

Batch Batches::operator[](std::size_t i) const {
  if (i >= size()) throw ShapeError(fmt::format("batch {} of {} batches", i, size()));
  const std::size_t first = i * options_.batch_size;
  const auto rows = order_.span<std::int64_t>().subspan(first, std::min(options_.batch_size, dataset_->size() - first));
  return {Tensor(kernels::take_rows(dataset_->features.value(), rows)), Tensor(kernels::take_rows(dataset_->targets.value(), rows))};
}

}  // namespace reel::data
