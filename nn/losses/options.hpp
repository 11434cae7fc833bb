#pragma once
#include <reel/autograd/record.hpp>

namespace reel::nn {

/// How the losses of single elements or samples become the result: their mean or their sum, shape (), or the losses as they are. The mean
/// of no losses is NaN.
enum class Reduction { mean, sum, none };

/// The options of a loss that has no others.
struct LossOptions {
  Reduction reduction = Reduction::mean;
};

}  // namespace reel::nn
