#pragma once
#include <reel/autograd/ops/index.hpp>

namespace reel::data {

using reel::one_hot;

}  // namespace reel::data
