#pragma once
// Checks and texts that the layers' own files share; not installed.
#include <string>
#include <string_view>

#include <reel/core/shape.hpp>
#include <reel/nn/module.hpp>

namespace reel::nn::detail {

/// Returns a number of features, channels or the like. Throws ShapeError, with the place where the layer is made, unless it is 1 or more.
std::size_t size_of(std::string_view layer, std::string_view what, Integer value, SourceLocation at);

/// One length for each of the last `spatial` axes, from one number for all of them or one number per axis. Throws ShapeError, with the
/// place where the layer is made, for numbers below `least`.
Shape per_axis(std::string_view layer, std::string_view what, const Ints& values, std::size_t spatial, std::ptrdiff_t least,
               SourceLocation at);

/// Throws Error, with the place where the layer is made, unless `holds`.
void require(std::string_view layer, bool holds, const std::string& broken, SourceLocation at);

/// "3" for a list of equal numbers, else "(3, 5)".
std::string short_text(const Ints& values);

/// ", stride=2": an option as description() shows it; empty where the option has its default.
std::string option_text(std::string_view name, const Ints& values, std::ptrdiff_t by_default);

}  // namespace reel::nn::detail
