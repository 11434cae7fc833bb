#pragma once
#include <cstddef>
#include <string>

#include <reel/core/array.hpp>

namespace reel::debug {

/// Statistics of an array. NaN and infinities are counted, and left out of the other statistics.
struct Statistics {
  std::size_t size = 0, zeros = 0, nans = 0, infinities = 0;
  double min = 0, max = 0, mean = 0;  ///< of the finite elements; 0 if there are none
  double norm = 0;                    ///< the root of the sum of squares

  bool finite() const { return nans == 0 && infinities == 0; }
  /// The root mean square of the finite elements.
  double rms() const;
};

/// Computes the statistics of an array of any dtype; bool counts as 0 and 1.
Statistics statistics(const Array& array);

/// As text: "min -1.2  max 3  mean 0.4  norm 5.1  zeros 2 of 12  NaN 1".
std::string to_string(const Statistics& statistics);

}  // namespace reel::debug
