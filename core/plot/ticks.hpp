#pragma once
#include <string>
#include <vector>

namespace reel::plot::detail {

/// Whether ticks can be placed between two limits: finite, within 1e300, low < high by more than rounding.
bool usable_limits(double low, double high);

/// Returns round numbers from low to high at steps of 1, 2 or 5 times a power of ten (2.5 where none of these fits): about `count` of them,
/// and for counts of 5 to 7 always 4 to 8. With `whole`, they are whole numbers only, and there may be fewer. Throws Error unless
/// usable_limits(low, high).
std::vector<double> nice_ticks(double low, double high, int count = 6, bool whole = false);

struct LogTicks {
  std::vector<double> major;  // labelled
  std::vector<double> minor;  // grid lines only
};
/// Returns the powers of ten from low to high, thinned out to about `count`; for a short range also 2 and 5 times them, or nice_ticks().
/// Throws Error unless usable_limits(low, high) and low > 0.
LogTicks log_ticks(double low, double high, int count = 6);

/// The labels of ticks: value = text x factor + offset. `note` states the factor and the offset ("×10⁻³", "+ 1000000000") if there are any.
struct TickLabels {
  std::vector<std::string> texts;
  std::string note;
};
/// Labels evenly spaced ticks; all have as many decimals as the step needs.
TickLabels label_ticks(const std::vector<double>& ticks);
/// Labels ticks on a log axis: 0.01, 0.1, 1 where that is short, else 10⁻⁷ or 2×10⁻⁷.
TickLabels label_log_ticks(const std::vector<double>& ticks);

}  // namespace reel::plot::detail
