#pragma once
#include <cstddef>
#include <string>

#include <fmt/core.h>
#include <reel/core/array.hpp>

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

/// The fewest digits that read back as the same number, as Python prints it: 1.0, 0.1, 1e-05, nan, -inf.
std::string shortest(double value);
std::string shortest(float value);
/// An integer in full, any other number in the fewest digits that read back as the same double, without ".0": 3, 0.5, -inf.
std::string to_string(const Scalar& number);

namespace detail {
[[noreturn]] void bad_format(const char* message);  // fmt::format_error is not in fmt/core.h
}

}  // namespace reel

/// Its name: "float32".
template <>
struct fmt::formatter<reel::Dtype> : fmt::formatter<fmt::string_view> {
  fmt::format_context::iterator format(reel::Dtype dtype, fmt::format_context& context) const;
};

/// "{}", or "{:.8}" for another precision.
template <>
struct fmt::formatter<reel::Array> {
  constexpr auto parse(fmt::format_parse_context& context) {
    auto it = context.begin();
    if (it != context.end() && *it == '.') {
      precision_ = 0;
      const auto digits = ++it;
      for (; it != context.end() && *it >= '0' && *it <= '9' && precision_ < 1000; ++it) precision_ = precision_ * 10 + (*it - '0');
      if (it == digits) reel::detail::bad_format("an array's format is {} or {:.N}: the point has no digits behind it");
    }
    if (it != context.end() && *it != '}') reel::detail::bad_format("an array's format is {} or {:.N}");
    return it;
  }
  fmt::format_context::iterator format(const reel::Array& array, fmt::format_context& context) const;

 private:
  int precision_ = -1;
};
