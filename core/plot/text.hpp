#pragma once
#include <string>
#include <string_view>

namespace reel::plot::detail {

/// Returns `text` escaped for an XML element or a quoted attribute: & < > " ' are escaped, tabs and line ends become spaces, invalid UTF-8
/// and characters that XML forbids become U+FFFD.
std::string escape(std::string_view text);

/// Returns the approximate width in pixels of `text` in a sans-serif font of `size` pixels; it is rather too large, because fonts differ.
double text_width(std::string_view text, double size);

struct FittedText {
  std::string text;
  double size;
};
/// Returns `text` at `size` if it fits into `available` pixels, else at a smaller size down to `smallest`, else cut short with an ellipsis.
FittedText fit(std::string_view text, double size, double smallest, double available);

/// Formats a length in pixels with at most two decimals: "12.5", "3", never "-0".
std::string pixels(double value);

}  // namespace reel::plot::detail
