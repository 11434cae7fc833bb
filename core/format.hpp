#pragma once
#include <cstddef>
#include <string>

#include <fmt/core.h>
#include <reel/core/array.hpp>
#include <reel/core/mistake.hpp>

namespace reel {

/// How arrays print; NumPy's set_printoptions by the same names, and its defaults but for the precision, which is 8 there.
struct PrintOptions {
  int precision = 4;             ///< the most digits behind the decimal point; fewer where fewer say it all
  std::size_t threshold = 1000;  ///< above so many elements only the edges of each axis are printed
  std::size_t edge_items = 3;    ///< how many at each edge; 1 or more
  std::size_t line_width = 75;   ///< characters a line; a single element may be longer
  bool suppress_small = false;   ///< no scientific notation because of small elements
};

/// An array as NumPy's str() prints it: nested brackets, columns aligned at the decimal point, scientific notation when the
/// largest magnitude is 1e8 or more, the smallest nonzero one below 1e-4 or their ratio above 1000, "..." for what is left out. A scalar is
/// printed to its full precision. Throws Error for a negative precision or no edge items.
std::string to_string(const Array& array, const PrintOptions& options = {});
REEL_NO_SUCH_OPTION(PrintOptions, std::string to_string(const Array&, ...));

/// The fewest digits that read back as the same number, as Python prints it: 1.0, 0.1, 1e-05, nan, -inf.
std::string shortest(double value);
std::string shortest(float value);
/// An integer in full, any other number in the fewest digits that read back as the same double, without ".0": 3, 0.5, -inf.
std::string to_string(const Scalar& number);

/// As fmt::print("{}") shows it.
std::ostream& operator<<(std::ostream& out, const Array& array);

namespace detail {
/// As to_string(), with each element in fmt's format for a number: ".4f".
std::string to_string_as(const Array& array, const std::string& format);
[[noreturn]] void bad_format(const char* message);  // fmt::format_error is not in fmt/core.h
}  // namespace detail

}  // namespace reel

/// Its name: "float32".
template <>
struct fmt::formatter<reel::Dtype> : fmt::formatter<fmt::string_view> {
  fmt::format_context::iterator format(reel::Dtype dtype, fmt::format_context& context) const;
};

/// "{}", "{:.8}" for another precision, or a number's own format, such as "{:.4f}" or "{:8.3e}", for each element.
template <>
struct fmt::formatter<reel::Array> {
  constexpr auto parse(fmt::format_parse_context& context) {
    auto it = context.begin();
    const auto end = context.end(), first = it;
    const auto skip_any = [&](const char* of) {
      for (const char* c = of; *c != 0; ++c)
        if (it != end && *it == *c) return ++it, true;
      return false;
    };
    const auto skip_digits = [&] {
      const auto begin = it;
      while (skip_any("0123456789")) continue;
      return it != begin;
    };
    skip_any("<>^"), skip_any("+- "), skip_any("#");
    skip_digits();
    if (skip_any(".") && !skip_digits()) reel::detail::bad_format("an array's format is {}, {:.N} or a number's, such as {:.4f}");
    is_number_ = skip_any("aAeEfFgG") || (it != first && *first != '.');
    if ((it != end && *it != '}') || it - first >= static_cast<std::ptrdiff_t>(sizeof(text_)))
      reel::detail::bad_format("an array's format is {}, {:.N} or a number's, such as {:.4f}");
    for (auto c = first; c != it; ++c) text_[c - first] = *c;
    return it;
  }
  fmt::format_context::iterator format(const reel::Array& array, fmt::format_context& context) const;

 private:
  char text_[16] = {};  // what stands behind the colon
  bool is_number_ = false;
};
