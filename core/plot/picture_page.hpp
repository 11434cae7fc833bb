#pragma once
#include <string>
#include <string_view>

#include <reel/core/error.hpp>

namespace reel::plot::detail {

/// The margin around a picture and the sizes of its texts, in pixels.
inline constexpr double page_edge = 14, page_title_size = 15, page_text_size = 12;

/// Returns an SVG file of this size with a white background and the title, unless it is empty, centred at the top.
std::string page_svg(double width, double height, const std::string& title, const std::string& content);

/// Returns the SVG of a text. `anchor` is start, middle or end; `more` holds further attributes.
std::string text_svg(double x, double y, double size, const char* anchor, std::string_view content, std::string_view more = "");

/// Writes an SVG file. Throws IoError, also if `path` does not end in .svg.
void save_svg(const std::string& path, const std::string& svg, SourceLocation where);

/// Returns the y coordinate at which the content below the title begins.
double below_title(const std::string& title);

}  // namespace reel::plot::detail
