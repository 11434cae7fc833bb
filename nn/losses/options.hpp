#pragma once
#include <reel/autograd/record.hpp>

namespace reel::nn {

/// What becomes of the losses of single elements or samples. The mean of nothing is NaN.
enum class Reduction { mean, sum, none };

struct LossOptions {
  Reduction reduction = Reduction::mean;
};

}  // namespace reel::nn
