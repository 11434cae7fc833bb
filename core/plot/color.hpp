#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace reel::plot::detail {

/// Returns the "#rrggbb" of a colour that is written as a name ("red", ignoring case), one letter as in MATLAB ("r"), #rrggbb or #rgb.
/// Empty for any other text.
std::string parse_color(std::string_view text);

/// Describes how colours are written, for error messages.
std::string color_help();

/// The colours that series get in turn: the set of Okabe and Ito, "Color Universal Design" (2008), distinguishable with every kind of
/// colour vision, in the order of decreasing contrast on white. Its yellow is left out because it cannot be seen on white.
std::string_view cycle_color(std::size_t index);
/// The number of colours before they repeat.
std::size_t cycle_length();

/// A colour for class `index` of `count`: from the cycle if it has enough colours, else from ten further colours, else from hues around the
/// colour circle.
std::string class_color(std::size_t index, std::size_t count);

}  // namespace reel::plot::detail
