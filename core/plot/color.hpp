#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace reel::plot::detail {

/// "#rrggbb" of a colour written as a name ("red", in any case), one letter as in MATLAB ("r"), #rrggbb or #rgb.
/// Empty when it is none of these.
std::string parse_color(std::string_view text);

/// How colours are written, for error messages.
std::string color_help();

/// The colours that series take in turn: the set of Okabe and Ito, "Color Universal Design" (2008), told apart with every kind of
/// colour vision, in an order of falling contrast on white; its yellow is left out because it cannot be seen there.
std::string_view cycle_color(std::size_t index);
/// How many colours there are before they come round again.
std::size_t cycle_length();

/// A colour for class `index` of `count`: the cycle's where it has enough, else ten of their own, else hues all round the circle.
std::string class_color(std::size_t index, std::size_t count);

}  // namespace reel::plot::detail
