#pragma once
// What the layers' own files share; not installed.
#include <string>
#include <string_view>

#include <reel/core/shape.hpp>
#include <reel/nn/module.hpp>

namespace reel::nn::detail {

/// A number of features, channels or the like. Throws ShapeError, with the place where the layer is made, unless it is 1 or more.
std::size_t size_of(std::string_view layer, std::string_view what, Integer value, SourceLocation at);

/// Lengths for the last `spatial` axes, from one number for all or one for each. Throws as size_of(), for numbers below `least`.
Shape per_axis(std::string_view layer, std::string_view what, const Ints& values, std::size_t spatial, std::ptrdiff_t least,
               SourceLocation at);

/// Throws Error, with the place where the layer is made, unless `holds`.
void require(std::string_view layer, bool holds, const std::string& broken, SourceLocation at);

/// "3" for a list of equal numbers, else "(3, 5)".
std::string short_text(const Ints& values);

/// ", stride=2": an option that a description shows, or nothing where it has its default.
std::string option_text(std::string_view name, const Ints& values, std::ptrdiff_t by_default);

}  // namespace reel::nn::detail
