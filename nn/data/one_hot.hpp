#pragma once
#include <reel/autograd/tensor.hpp>

namespace reel::data {

/// Classes (int64, any shape) as rows with a single 1: shape (..., classes). Throws DtypeError for another dtype, ShapeError for a class
/// below 0 or not below `classes`.
Tensor one_hot(const Tensor& labels, std::size_t classes, Dtype dtype = float32);

}  // namespace reel::data
