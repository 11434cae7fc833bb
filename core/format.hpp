#pragma once
#include <cstddef>
#include <string>

#include <fmt/core.h>
#include <reel/core/array.hpp>
#include <reel/core/mistake.hpp>

namespace reel {

/// How arrays are printed. These are options of NumPy's set_printoptions with NumPy's defaults, except for the precision, which is 8 in
/// NumPy.
struct PrintOptions {
  int precision = 4;             ///< most digits after the decimal point; fewer are printed where they are exact
  std::size_t threshold = 1000;  ///< number of elements above which only the edges of each axis are printed
  std::size_t edge_items = 3;    ///< number of elements printed at each edge; at least 1
  std::size_t line_width = 75;   ///< characters per line; a single element may be longer
  bool suppress_small = false;   ///< no scientific notation because of small elements
};

/// An array as NumPy's str() prints it: nested brackets, columns aligned at the decimal point, scientific notation when the largest
/// magnitude is 1e8 or more, the smallest nonzero one below 1e-4 or their ratio above 1000, "..." in place of elements that are left out. A
/// scalar is printed to its full precision. Throws Error for a negative precision or no edge items.
std::string to_string(const Array& array, const PrintOptions& options = {});
REEL_NO_SUCH_OPTION(PrintOptions, std::string to_string(const Array&, ...));

/// The fewest digits that read back as the same number, as Python prints it: 1.0, 0.1, 1e-05, nan, -inf.
std::string shortest(double value);
std::string shortest(float value);
/// An integer in full, any other number in the fewest digits that read back as the same double, without ".0": 3, 0.5, -inf.
std::string to_string(const Scalar& number);

/// Writes the array as fmt::print("{}") does.
std::ostream& operator<<(std::ostream& out, const Array& array);

namespace detail {
/// As to_string(), with each element in fmt's format for a number: ".4f".
std::string to_string_as(const Array& array, const std::string& format);
[[noreturn]] void bad_format(const char* message);  // fmt::format_error is not in fmt/core.h
}  // namespace detail

}  // namespace reel

/// A dtype is formatted as its name: "float32".
template <>
struct fmt::formatter<reel::Dtype> : fmt::formatter<fmt::string_view> {
  fmt::format_context::iterator format(reel::Dtype dtype, fmt::format_context& context) const;
};

/// The formats of an array are "{}", "{:.8}" for another precision, or the format of one number, which is applied to each element, such as
/// "{:.4f}" or "{:8.3e}".
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
  char text_[16] = {};  // the format after the colon
  bool is_number_ = false;
};
