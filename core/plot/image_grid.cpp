#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <reel/core/io/png.hpp>
#include <reel/core/plot/picture.hpp>
#include <reel/core/plot/picture_page.hpp>
#include <reel/core/plot/text.hpp>

namespace reel::plot {

namespace {

using detail::page_edge, detail::page_text_size;

/// RFC 4648.
std::string base64(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k) bits = bits << 8U | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) text += i + k > bytes.size() ? '=' : digits[bits >> (18 - 6 * k) & 0x3FU];
  }
  return text;
}

struct Range {
  double low, high;
};

Range range_of(const Array& images, const ImageGridOptions& options) {
  if (options.low != options.high) return {options.low, options.high};
  Range range{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
  for (std::size_t i = 0; i < images.size(); ++i) {
    const double value = images.as_double(i);
    if (!std::isfinite(value)) continue;
    range.low = std::min(range.low, value);
    range.high = std::max(range.high, value);
  }
  return range.low < range.high ? range : Range{range.low, range.low + 1};
}

/// Returns one image with each pixel repeated `scale` x `scale` times, because viewers blur a small picture when they enlarge it.
Array enlarged(const Array& images, std::size_t which, std::size_t scale, const Range& range) {
  const std::size_t channels = images.shape()[1], height = images.shape()[2], width = images.shape()[3];
  Array result({channels, height * scale, width * scale}, float32);
  auto* target = result.mutable_data<float>();
  for (std::size_t c = 0; c < channels; ++c)
    for (std::size_t y = 0; y < height * scale; ++y)
      for (std::size_t x = 0; x < width * scale; ++x)
        *target++ = static_cast<float>((images.as_double(((which * channels + c) * height + y / scale) * width + x / scale) - range.low) /
                                       (range.high - range.low));
  return result;
}

void check(const Array& images, const ImageGridOptions& options) {
  if (images.rank() != 4 || (images.shape()[1] != 1 && images.shape()[1] != 3) || images.size() == 0)
    throw ShapeError(fmt::format("image_grid: images are {}; it needs (n, 1, height, width) or (n, 3, height, width), and at least one",
                                 images.shape()));
  if (options.labels.size() > images.shape()[0])
    throw Error(fmt::format("image_grid: there are {} labels for {} images", options.labels.size(), images.shape()[0]));
  if (options.size < 8 || options.size > 1000)
    throw Error(fmt::format("image_grid: size is {}; it must be 8 to 1000 pixels", options.size));
}

}  // namespace

Picture image_grid(const Array& images, const ImageGridOptions& options, SourceLocation where) {
  reel::detail::placed(where, [&] { check(images, options); });
  const std::size_t n = images.shape()[0], height = images.shape()[2], width = images.shape()[3];
  const std::size_t columns =
      options.columns > 0 ? std::min(options.columns, n) : static_cast<std::size_t>(std::ceil(std::sqrt(static_cast<double>(n))));
  const std::size_t scale =
      std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(options.size / static_cast<double>(std::max(height, width)))));
  constexpr double gap = 6;
  const double image_width = static_cast<double>(width * scale), image_height = static_cast<double>(height * scale);
  const double label_height = options.labels.empty() ? 0 : page_text_size + 6;
  const double top = detail::below_title(options.title);
  const Range range = range_of(images, options);
  std::string content;
  for (std::size_t i = 0; i < n; ++i) {
    const double x = page_edge + static_cast<double>(i % columns) * (image_width + gap);
    const double y = top + static_cast<double>(i / columns) * (image_height + label_height + gap);
    content += fmt::format("<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" href=\"data:image/png;base64,{}\"/>\n", detail::pixels(x),
                           detail::pixels(y), detail::pixels(image_width), detail::pixels(image_height),
                           base64(io::format_png(enlarged(images, i, scale, range))));
    if (i >= options.labels.size()) continue;
    const detail::FittedText label = detail::fit(options.labels[i], page_text_size, 8, image_width + gap - 2);
    content += detail::text_svg(x + image_width / 2, y + image_height + page_text_size, label.size, "middle", label.text);
  }
  const std::size_t rows = (n + columns - 1) / columns;
  return Picture(detail::page_svg(2 * page_edge + static_cast<double>(columns) * (image_width + gap) - gap,
                                  top + static_cast<double>(rows) * (image_height + label_height + gap) - gap + page_edge, options.title,
                                  content));
}

}  // namespace reel::plot
