#include <reel/nn/metrics/metric.hpp>

namespace reel::metrics {

Meter::~Meter() = default;

}  // namespace reel::metrics
