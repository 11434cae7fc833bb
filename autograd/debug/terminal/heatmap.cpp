#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <reel/autograd/debug/terminal/command_context.hpp>

namespace reel::debug {

namespace {

constexpr std::size_t most_rows = 24, most_columns = 36;

/// Blue for negative, orange for positive numbers, which colour-blind people tell apart: xterm's 256 colours, from faint to full.
constexpr int blues[] = {189, 153, 117, 75, 33, 21}, oranges[] = {230, 223, 216, 215, 208, 202};

std::string block(double x, double largest, bool colour) {
  if (std::isnan(x)) return colour ? "\x1b[48;5;201m\x1b[38;5;16m??\x1b[0m" : " ??";
  const double part = largest == 0 ? 0 : std::min(1.0, std::abs(x) / largest);
  if (!colour) {
    if (std::isinf(x)) return x < 0 ? " -!" : " +!";
    const int digit = std::min(9, static_cast<int>(part * 10));
    return x == 0 ? "  ." : fmt::format(" {}{}", x < 0 ? '-' : '+', digit);
  }
  if (x == 0) return "\x1b[48;5;255m  \x1b[0m";
  const auto step = std::isinf(x) ? 5 : std::min<std::size_t>(5, static_cast<std::size_t>(part * 6));
  return fmt::format("\x1b[48;5;{}m\x1b[38;5;16m{}\x1b[0m", x < 0 ? blues[step] : oranges[step], std::isinf(x) ? "!!" : "  ");
}

/// The element that stands out among some: the first that is not finite, else the largest magnitude.
double most_of(const Array& a, std::size_t columns, std::size_t r0, std::size_t r1, std::size_t c0, std::size_t c1) {
  double found = 0;
  for (std::size_t r = r0; r < r1; ++r)
    for (std::size_t c = c0; c < c1; ++c) {
      const double x = a.as_double(r * columns + c);
      if (!std::isfinite(x)) return x;
      if (std::abs(x) > std::abs(found)) found = x;
    }
  return found;
}

}  // namespace

std::string heat_map(const Array& array, bool colour) {
  if (array.size() == 0) return fmt::format("{} has no elements\n", array.shape());
  const std::size_t columns = array.rank() == 0 ? 1 : array.shape().back(), rows = array.size() / columns;
  const std::size_t high = (rows + most_rows - 1) / most_rows, wide = (columns + most_columns - 1) / most_columns;
  double largest = 0;
  for (std::size_t i = 0; i < array.size(); ++i)
    if (const double x = std::abs(array.as_double(i)); std::isfinite(x)) largest = std::max(largest, x);
  std::string text;
  for (std::size_t r = 0; r < rows; r += high) {
    text += "  ";
    for (std::size_t c = 0; c < columns; c += wide)
      text += block(most_of(array, columns, r, std::min(rows, r + high), c, std::min(columns, c + wide)), largest, colour);
    text += "\n";
  }
  if (colour) {
    text += fmt::format("  {}{} -{}   0   {} {}{}", block(-1, 1, true), block(-0.5, 1, true), number(largest), number(largest),
                        block(0.5, 1, true), block(1, 1, true));
  } else {
    text += fmt::format("  . is 0; a sign and a digit are tenths of {}, rounded down", number(largest));
  }
  if (array.rank() > 2) text += fmt::format("; the rows are the first {} axes of {}", array.rank() - 1, array.shape());
  if (high > 1 || wide > 1) text += fmt::format("; a block is the largest of {} x {} elements", high, wide);
  return text + "\n";
}

}  // namespace reel::debug
