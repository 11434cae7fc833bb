#pragma once
#include <string>
#include <string_view>

#include <reel/core/error.hpp>

namespace reel::plot::detail {

/// Room around a picture, and the sizes of its texts, pixels.
inline constexpr double page_edge = 14, page_title_size = 15, page_text_size = 12;

/// An SVG file of this size, white, with a title (if it has one) in the middle above.
std::string page_svg(double width, double height, const std::string& title, const std::string& content);

/// `anchor` is start, middle or end; `more` are further attributes.
std::string text_svg(double x, double y, double size, const char* anchor, std::string_view content, std::string_view more = "");

/// Writes an SVG file. Throws IoError, also where `path` ends in something else than .svg.
void save_svg(const std::string& path, const std::string& svg, SourceLocation where);

/// Where what is below the title begins.
double below_title(const std::string& title);

}  // namespace reel::plot::detail
