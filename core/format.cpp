#include <reel/core/format.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <ostream>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <reel/core/error.hpp>

// The layout is that of NumPy's array2string (numpy/_core/arrayprint.py), so that users of NumPy can read it without learning it anew.

namespace reel {

namespace {

/// A finite number's shortest digits: 0.d1d2d3... times ten to the `point`.
struct Decimal {
  bool negative = false;
  std::string digits;
  int point = 0;
};

template <class T>
Decimal shortest_decimal(T value) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.begin(), text.end(), std::abs(value), std::chars_format::scientific).ptr;
  const std::string_view all(text.data(), static_cast<std::size_t>(end - text.data()));
  const std::size_t e = all.find('e');
  Decimal result{std::signbit(value), {}, 0};
  for (const char c : all.substr(0, e))
    if (c != '.') result.digits += c;
  const char* exponent = all.data() + e + 1;
  if (*exponent == '+') ++exponent;
  std::from_chars(exponent, all.data() + all.size(), result.point);
  ++result.point;
  return result;
}

/// A printed number, split into the parts by which columns are aligned.
struct Parts {
  std::string whole, fraction, exponent;
};

void trim_zeros(std::string& fraction) { fraction.erase(fraction.find_last_not_of('0') + 1); }

/// Formats a number with exactly `precision` digits after the point, rounded from the exact value.
Parts rounded(double value, int precision, std::chars_format format) {
  std::string text(static_cast<std::size_t>(precision) + 330, '\0');
  text.erase(static_cast<std::size_t>(std::to_chars(text.data(), text.data() + text.size(), value, format, precision).ptr - text.data()));
  Parts parts;
  if (const std::size_t e = text.find('e'); e != std::string::npos) {
    parts.exponent = text.substr(e + 1);
    text.erase(e);
  }
  const std::size_t point = std::min(text.find('.'), text.size());
  parts.whole = text.substr(0, point);
  if (point < text.size()) parts.fraction = text.substr(point + 1);
  return parts;
}

/// Formats the shortest digits as 123.45.
Parts plain(const Decimal& d) {
  Parts parts;
  parts.whole = d.negative ? "-" : "";
  if (d.point <= 0) {
    parts.whole += '0';
    parts.fraction = std::string(static_cast<std::size_t>(-d.point), '0') + d.digits;
  } else {
    const auto point = static_cast<std::size_t>(d.point);
    parts.whole += d.digits.substr(0, point);
    if (d.digits.size() < point) parts.whole.append(point - d.digits.size(), '0');
    else parts.fraction = d.digits.substr(point);
  }
  trim_zeros(parts.fraction);
  return parts;
}

/// Formats a number as 123.45 with at most `precision` digits after the point, rounded from the exact value; the digits before the point
/// are printed in full.
template <class T>
Parts positional(T value, int precision) {
  const Decimal d = shortest_decimal(value);
  const int behind = static_cast<int>(d.digits.size()) - d.point;
  if (behind >= 0 && behind <= precision) return plain(d);
  Parts parts = rounded(static_cast<double>(value), behind < 0 ? 0 : precision, std::chars_format::fixed);
  trim_zeros(parts.fraction);
  return parts;
}

/// Formats a number as 1.2345e+02, with the digits chosen as in positional().
template <class T>
Parts scientific(T value, int precision) {
  const auto behind = static_cast<int>(shortest_decimal(value).digits.size()) - 1;
  Parts parts = rounded(static_cast<double>(value), std::min(behind, precision), std::chars_format::scientific);
  trim_zeros(parts.fraction);
  return parts;
}

template <class T>
std::string shortest_text(T value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  const double magnitude = std::abs(static_cast<double>(value));
  if (magnitude != 0 && (magnitude >= 1e16 || magnitude < 1e-4)) {
    const Parts p = scientific(value, std::numeric_limits<T>::max_digits10);
    return p.whole + (p.fraction.empty() ? "" : "." + p.fraction) + 'e' + p.exponent;
  }
  const Parts p = plain(shortest_decimal(value));
  return p.whole + '.' + (p.fraction.empty() ? "0" : p.fraction);
}

/// Prints the elements of one array so that their columns align: the widths come from all elements that will be shown.
template <class T>
class FloatFormat {
 public:
  FloatFormat(const std::vector<T>& shown, const PrintOptions& options) : precision_(options.precision) {
    std::size_t non_finite = 0;
    for (const T x : shown)
      if (!std::isfinite(x)) non_finite = std::max(non_finite, shortest_text(x).size());
    choose_notation(shown, options.suppress_small);
    std::size_t fraction = 0, exponent = 0;
    for (const T x : shown) {
      if (!std::isfinite(x)) continue;
      const Parts p = scientific_ ? scientific(x, precision_) : positional(x, precision_);
      whole_width_ = std::max(whole_width_, p.whole.size());
      fraction = std::max(fraction, p.fraction.size());
      exponent = std::max(exponent, p.exponent.size());
    }
    if (scientific_) precision_ = static_cast<int>(fraction);
    exponent_width_ = exponent;
    tail_width_ = fraction + (scientific_ ? 1 + exponent : 0);
    if (non_finite > tail_width_ + 1) whole_width_ = std::max(whole_width_, non_finite - tail_width_ - 1);
  }

  std::string operator()(T x) const {
    if (!std::isfinite(x)) return fmt::format("{:>{}}", shortest_text(x), whole_width_ + 1 + tail_width_);
    if (scientific_) {
      Parts p = rounded(static_cast<double>(x), precision_, std::chars_format::scientific);
      p.exponent.insert(1, exponent_width_ - std::min(exponent_width_, p.exponent.size()), '0');
      return fmt::format("{:>{}}.{}e{}", p.whole, whole_width_, p.fraction, p.exponent);
    }
    const Parts p = positional(x, precision_);
    return fmt::format("{:>{}}.{:<{}}", p.whole, whole_width_, p.fraction, tail_width_);
  }

 private:
  void choose_notation(const std::vector<T>& shown, bool suppress_small) {
    T largest = 0, smallest = std::numeric_limits<T>::infinity();
    for (const T x : shown) {
      if (!std::isfinite(x) || x == 0) continue;
      largest = std::max(largest, std::abs(x));
      smallest = std::min(smallest, std::abs(x));
    }
    if (largest == 0) return;
    scientific_ = largest >= static_cast<T>(1e8) || (!suppress_small && (smallest < static_cast<T>(1e-4) || largest / smallest > 1000));
  }

  int precision_;
  bool scientific_ = false;
  std::size_t whole_width_ = 0, tail_width_ = 0, exponent_width_ = 0;  // digits before the point, and everything after it
};

struct IntegerFormat {
  std::size_t width = 0;

  IntegerFormat(const std::vector<std::int64_t>& shown, const PrintOptions&) {
    for (const std::int64_t x : shown) width = std::max(width, fmt::formatted_size("{}", x));
  }
  std::string operator()(std::int64_t x) const { return fmt::format("{:>{}}", x, width); }
};

struct BoolFormat {
  BoolFormat(const std::vector<bool>&, const PrintOptions&) {}
  std::string operator()(bool x) const { return x ? " True" : "False"; }
};

template <class T>
struct FormatOf {
  using type = FloatFormat<T>;
};
template <>
struct FormatOf<std::int64_t> {
  using type = IntegerFormat;
};
template <>
struct FormatOf<bool> {
  using type = BoolFormat;
};

/// Prints numbers in fmt's format, in columns as wide as the widest one.
template <class T>
class AskedFormat {
 public:
  AskedFormat(const std::vector<T>& shown, const PrintOptions&, const std::string& format) : format_("{:" + format + '}') {
    is_integer_ = !std::is_floating_point_v<T> && format.find_first_of(".aAeEfFgG") == std::string::npos;
    for (const T x : shown) width_ = std::max(width_, text(x).size());
  }
  std::string operator()(T x) const { return fmt::format("{:>{}}", text(x), width_); }

 private:
  std::string text(T x) const {
    if (is_integer_) return fmt::format(fmt::runtime(format_), static_cast<std::int64_t>(x));
    if constexpr (std::is_floating_point_v<T>) return fmt::format(fmt::runtime(format_), x);
    else return fmt::format(fmt::runtime(format_), static_cast<double>(x));
  }

  std::string format_;
  bool is_integer_;
  std::size_t width_ = 0;
};

/// Writes one array's brackets, lines and elements.
template <class T, class Format>
class Printer {
 public:
  template <class... Asked>
  explicit Printer(const Array& array, const PrintOptions& options, const Asked&... asked)
      : shape_(array.shape()),
        strides_(strides_of(array.shape())),
        values_(array.data<T>()),
        options_(options),
        summarize_(array.size() > options.threshold),
        format_(shown_elements(), options, asked...) {}

  std::string text() const {
    if (shape_.rank() == 0) return format_(*values_);
    return block(0, 0, " ", static_cast<std::ptrdiff_t>(options_.line_width));
  }

 private:
  bool shortened(std::size_t axis) const { return summarize_ && shape_[axis] > 2 * options_.edge_items; }

  /// Calls f(index) for the shown elements of an axis, and gap() in place of "...".
  template <class F, class Gap>
  void each(std::size_t axis, F f, Gap gap) const {
    const std::size_t length = shape_[axis], edge = options_.edge_items;
    for (std::size_t i = 0; i < length; ++i) {
      if (shortened(axis) && i == edge) {
        gap();
        i = length - edge;
      }
      f(i);
    }
  }

  std::vector<T> shown_elements() const {
    std::vector<T> shown;
    collect(0, 0, shown);
    return shown;
  }

  void collect(std::size_t axis, std::size_t offset, std::vector<T>& shown) const {
    if (axis == shape_.rank()) return shown.push_back(values_[offset]);
    each(
        axis, [&](std::size_t i) { collect(axis + 1, offset + i * strides_[axis], shown); }, [] {});
  }

  /// Writes everything from `axis` on, in brackets. Lines after the first begin with `indent`; `width` is the width that is left on the
  /// line.
  std::string block(std::size_t axis, std::size_t offset, const std::string& indent, std::ptrdiff_t width) const {
    if (axis + 1 == shape_.rank()) return row(axis, offset, indent, width);
    const std::string separator = std::string(shape_.rank() - axis - 1, '\n') + indent;
    std::string body;
    each(
        axis,
        [&](std::size_t i) {
          if (i != 0) body += separator;
          body += block(axis + 1, offset + i * strides_[axis], indent + ' ', width - 1);
        },
        [&] { body += separator + "..."; });
    return '[' + body + ']';
  }

  std::string row(std::size_t axis, std::size_t offset, const std::string& indent, std::ptrdiff_t width) const {
    std::string done, line = indent;
    const auto extend = [&](const std::string& word) {
      // One place is kept for a closing bracket. A line that holds nothing yet would not get shorter by another break.
      if (static_cast<std::ptrdiff_t>(line.size() + word.size()) > width - 1 && line.size() > indent.size()) {
        line.erase(line.find_last_not_of(' ') + 1);
        done += line + '\n';
        line = indent;
      }
      line += word;
    };
    const std::size_t length = shape_[axis];
    each(
        axis,
        [&](std::size_t i) {
          extend(format_(values_[offset + i]));
          if (i + 1 != length) line += ' ';
        },
        [&] {
          extend("...");
          line += ' ';
        });
    return '[' + (done + line).substr(indent.size()) + ']';
  }

  const Shape shape_, strides_;
  const T* const values_;
  const PrintOptions options_;
  const bool summarize_;
  const Format format_;
};

std::string scalar_text(const Array& array) {
  switch (array.dtype()) {
    case Dtype::float32: return shortest(*array.data<float>());
    case Dtype::float64: return shortest(*array.data<double>());
    case Dtype::int64: return fmt::to_string(*array.data<std::int64_t>());
    default: return *array.data<bool>() ? "True" : "False";
  }
}

}  // namespace

std::string to_string(const Array& array, const PrintOptions& options) {
  if (options.precision < 0) throw Error(fmt::format("to_string: precision is {}; it is a number of digits, 0 or more", options.precision));
  if (options.edge_items == 0) throw Error("to_string: edge_items is 0; at least one element is shown at each edge");
  if (array.rank() == 0) return scalar_text(array);
  if (array.size() == 0) return "[]";
  return visit(array.dtype(), [&](auto t) { return Printer<decltype(t), typename FormatOf<decltype(t)>::type>(array, options).text(); });
}

std::string detail::to_string_as(const Array& array, const std::string& format) {
  if (array.size() == 0) return "[]";
  return visit(array.dtype(), [&](auto t) { return Printer<decltype(t), AskedFormat<decltype(t)>>(array, PrintOptions(), format).text(); });
}

std::ostream& operator<<(std::ostream& out, const Array& array) { return detail::write(out, to_string(array)); }
std::ostream& operator<<(std::ostream& out, Dtype dtype) { return detail::write(out, name_of(dtype)); }
std::ostream& detail::write(std::ostream& out, std::string_view text) { return out << text; }

std::string shortest(double value) { return shortest_text(value); }
std::string shortest(float value) { return shortest_text(value); }

void detail::bad_format(const char* message) { throw fmt::format_error(message); }

std::string to_string(const Scalar& number) {
  return number.dtype() == int64 && number.as_double() <= 9e18 ? fmt::format("{}", number.to<std::int64_t>())
                                                               : fmt::format("{}", number.as_double());
}

}  // namespace reel

fmt::format_context::iterator fmt::formatter<reel::Array>::format(const reel::Array& array, fmt::format_context& context) const {
  reel::PrintOptions options;
  if (*text_ == '.' && !is_number_) options.precision = std::atoi(text_ + 1);
  const std::string text = is_number_ ? reel::detail::to_string_as(array, text_) : reel::to_string(array, options);
  return std::copy(text.begin(), text.end(), context.out());
}

fmt::format_context::iterator fmt::formatter<reel::Dtype>::format(reel::Dtype dtype, fmt::format_context& context) const {
  return fmt::formatter<fmt::string_view>::format(reel::name_of(dtype), context);
}
