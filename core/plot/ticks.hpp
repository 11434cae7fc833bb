#pragma once
#include <string>
#include <vector>

namespace reel::plot::detail {

/// Whether two limits are far enough apart to be divided: finite, within 1e300, low < high by more than rounding.
bool usable_limits(double low, double high);

/// Round numbers (1, 2 or 5 times a power of ten, 2.5 where none of these does) from low to high, about `count` of them and for
/// counts of 5 to 7 always 4 to 8. `whole`: whole numbers only, of which there may be fewer. Throws Error unless usable_limits(low, high).
std::vector<double> nice_ticks(double low, double high, int count = 6, bool whole = false);

struct LogTicks {
  std::vector<double> major;  // labelled
  std::vector<double> minor;  // grid only
};
/// Powers of ten from low to high, thinned out to about `count`; 1, 2, 5 times them, or nice_ticks, where the range is short.
/// Throws Error unless usable_limits(low, high) and low > 0.
LogTicks log_ticks(double low, double high, int count = 6);

/// Texts for ticks: value = text x factor + offset, where `note` states factor and offset ("×10⁻³", "+ 1000000000") if there are any.
struct TickLabels {
  std::vector<std::string> texts;
  std::string note;
};
/// For evenly spaced ticks: as many decimals as the step needs, on all of them.
TickLabels label_ticks(const std::vector<double>& ticks);
/// For ticks on a log axis: 0.01, 0.1, 1 where that is short, else 10⁻⁷ or 2×10⁻⁷.
TickLabels label_log_ticks(const std::vector<double>& ticks);

}  // namespace reel::plot::detail
