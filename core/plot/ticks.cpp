#include <reel/core/plot/ticks.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <initializer_list>
#include <string_view>

#include <fmt/format.h>

#include <reel/core/error.hpp>

namespace reel::plot::detail {

namespace {

int decade(double value) {
  // By way of the decimal text, because log10 of a power of ten may be off by a rounding. 15 digits are those that survive one.
  const std::string text = fmt::format("{:.14e}", std::abs(value));
  return std::atoi(text.c_str() + text.find('e') + 1);
}

/// value x 10^power, rounded once where a double holds that power exactly (up to 22).
double scaled(double value, int power) { return power < 0 ? value / std::pow(10.0, -power) : value * std::pow(10.0, power); }

void check_limits(const char* function, double low, double high) {
  if (!usable_limits(low, high))
    throw Error(fmt::format("{}: limits {} and {} must be finite, in rising order and further apart than rounding", function, low, high));
}

/// Multiples of tenths/10 x 10^power.
struct Step {
  int tenths;
  int power;

  double size() const { return scaled(tenths, power - 1); }
  bool is_whole() const { return power > 0 || (power == 0 && tenths % 10 == 0); }
  // The tolerance keeps a limit that is itself a tick but for rounding.
  double first(double low) const { return std::ceil(low / size() - 1e-6); }
  double last(double high) const { return std::floor(high / size() + 1e-6); }
  double count(double low, double high) const { return last(high) - first(low) + 1; }
};

Step nice_step(double low, double high, int count, bool whole) {
  const int power = decade((high - low) / count);
  Step best{10, power + 2};
  double best_penalty = 1e9;
  for (int p = power + 1; p >= power - 1; --p) {
    for (const int tenths : {50, 25, 20, 10}) {
      const Step step{tenths, p};
      const double n = step.count(low, high);
      const double penalty = std::abs(n - count) + (tenths == 25 ? 1.5 : 0) + (n < 4 || n > 8 ? 3 : 0);
      if (penalty < best_penalty && (!whole || step.is_whole())) best = step, best_penalty = penalty;
    }
  }
  if (whole && !best.is_whole()) return {10, 0};
  return best;
}

std::string superscript(int power) {
  constexpr std::string_view digits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string out;
  for (const char c : std::to_string(power)) out += c == '-' ? std::string_view("⁻") : digits[c - '0'];
  return out;
}

std::string with_minus_sign(std::string text) {
  if (text[0] == '-' && text.find_first_not_of("-0.") == std::string::npos) return text.substr(1);
  return text[0] == '-' ? "−" + text.substr(1) : text;
}

double largest(const std::vector<double>& values) {
  double result = 0;
  for (const double v : values) result = std::max(result, std::abs(v));
  return result;
}

}  // namespace

bool usable_limits(double low, double high) {
  const double magnitude = std::max(std::abs(low), std::abs(high));
  return magnitude <= 1e300 && high - low >= 1e-290 && high - low >= 1e-10 * magnitude;
}

std::vector<double> nice_ticks(double low, double high, int count, bool whole) {
  check_limits("nice_ticks", low, high);
  const Step step = nice_step(low, high, std::max(count, 2), whole);
  std::vector<double> ticks;
  for (double i = step.first(low), last = step.last(high); i <= last; ++i) ticks.push_back(scaled(i * step.tenths, step.power - 1) + 0.0);
  return ticks;
}

LogTicks log_ticks(double low, double high, int count) {
  check_limits("log_ticks", low, high);
  if (low <= 0) throw Error(fmt::format("log_ticks: the lower limit {} must be positive", low));
  const int first = decade(low), last = decade(high);
  const auto inside = [&](double v) { return v >= low * (1 - 1e-12) && v <= high * (1 + 1e-12); };
  const auto multiples = [&](std::initializer_list<int> factors) {
    std::vector<double> ticks;
    for (int power = first; power <= last; ++power)
      for (const int factor : factors)
        if (const double v = scaled(factor, power); inside(v)) ticks.push_back(v);
    return ticks;
  };
  LogTicks result{multiples({1}), {}};
  const int decades = static_cast<int>(result.major.size());
  if (decades > std::max(count, 2) + 2) {
    const int every = (decades + count - 1) / std::max(count, 2);
    result.minor.swap(result.major);
    for (const double v : result.minor)
      if (decade(v) % every == 0) result.major.push_back(v);
    return result;
  }
  if (decades <= 6) result.minor = multiples({2, 3, 4, 5, 6, 7, 8, 9});
  if (decades < 3) result.major = multiples({1, 2, 5});
  if (result.major.size() < 3) result.major = nice_ticks(low, high, count);
  return result;
}

TickLabels label_ticks(const std::vector<double>& ticks) {
  TickLabels labels;
  if (ticks.size() < 2) {
    for (const double v : ticks) labels.texts.push_back(with_minus_sign(fmt::format("{:.6g}", v)));
    return labels;
  }
  // Every step of nice_ticks has at most two digits, so its text recovers it without the rounding of the difference.
  const std::string step_text = fmt::format("{:.1e}", ticks[1] - ticks[0]);
  const double step = std::strtod(step_text.c_str(), nullptr);
  const int step_digit = decade(step) - (step_text[2] == '0' ? 0 : 1);

  double offset = 0;
  if (decade(largest(ticks)) - step_digit >= 7) {
    const double unit = scaled(1, decade(ticks.back() - ticks.front()) + 1);
    offset = std::floor(ticks.front() / unit) * unit;
  }
  std::vector<double> values;
  for (const double v : ticks) values.push_back(std::round((v - offset) / step) * step);
  const int magnitude = decade(largest(values));
  const int power = magnitude >= 6 || magnitude < -3 ? magnitude : 0;
  const int decimals = std::max(0, power - step_digit);
  for (const double v : values) labels.texts.push_back(with_minus_sign(fmt::format("{:.{}f}", scaled(v, -power), decimals)));

  if (power != 0) labels.note = "×10" + superscript(power);
  if (offset != 0) labels.note += fmt::format("{}{} {:.15g}", labels.note.empty() ? "" : " ", offset < 0 ? "−" : "+", std::abs(offset));
  return labels;
}

TickLabels label_log_ticks(const std::vector<double>& ticks) {
  const std::size_t n = ticks.size();
  if (n >= 3 && std::abs(ticks[0] + ticks[2] - 2 * ticks[1]) < 1e-3 * (ticks[1] - ticks[0])) return label_ticks(ticks);  // from nice_ticks
  TickLabels labels;
  const bool plain = n > 0 && ticks.front() >= 0.9e-3 && ticks.back() < 1.1e5;
  for (const double v : ticks) {
    const int power = decade(v);
    const std::string factor = fmt::format("{:.4g}", scaled(v, -power));
    if (plain) {
      labels.texts.push_back(fmt::format("{:.6g}", v));
    } else {
      labels.texts.push_back(fmt::format("{}10{}", factor == "1" ? "" : factor + "×", superscript(power)));
    }
  }
  return labels;
}

}  // namespace reel::plot::detail
