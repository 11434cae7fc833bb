#include <reel/nn/data/one_hot.hpp>

#include <fmt/format.h>

namespace reel::data {

Tensor one_hot(const Tensor& labels, std::size_t classes, Dtype dtype) {
  if (labels.dtype() != int64) throw DtypeError(fmt::format("one_hot: labels are {}; they need int64", name_of(labels.dtype())));
  Shape shape = labels.shape();
  shape.push_back(classes);
  Array rows = Array::zeros(shape, dtype);
  const auto label = labels.value().span<std::int64_t>();
  visit(dtype, [&](auto t) {
    auto* const to = rows.mutable_data<decltype(t)>();
    for (std::size_t i = 0; i < label.size(); ++i) {
      if (label[i] < 0 || static_cast<std::size_t>(label[i]) >= classes)
        throw ShapeError(fmt::format("one_hot: class {} at position {} is out of range for {} classes", label[i], i, classes));
      to[i * classes + static_cast<std::size_t>(label[i])] = 1;
    }
  });
  return Tensor(std::move(rows));
}

}  // namespace reel::data
