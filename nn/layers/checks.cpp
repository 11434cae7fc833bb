#include <reel/nn/layers/checks.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace reel::nn::detail {

std::size_t size_of(std::string_view layer, std::string_view what, Integer value, SourceLocation at) {
  return reel::detail::placed(at, [&] {
    if (value.value < 1) throw ShapeError(fmt::format("{}: {} is {}; it has to be 1 or more", layer, what, value.value));
    // Far above what fits into memory, and far below where products of a few sizes overflow.
    if (value.value > std::ptrdiff_t{1} << 48)
      throw ShapeError(fmt::format("{}: {} is {}, which is too large for the address space", layer, what, value.value));
    return static_cast<std::size_t>(value.value);
  });
}

Shape per_axis(std::string_view layer, std::string_view what, const Ints& values, std::size_t spatial, std::ptrdiff_t least,
               SourceLocation at) {
  return reel::detail::placed(at, [&] {
    const std::string text = values.size() == 1 ? std::to_string(values[0]) : to_string(values);
    if (values.size() != 1 && values.size() != spatial)
      throw ShapeError(fmt::format("{}: {} is {}; it needs one number{}", layer, what, text,
                                   spatial == 1 ? std::string() : fmt::format(", or one for each of the {} spatial axes", spatial)));
    Shape result;
    for (std::size_t i = 0; i < spatial; ++i) {
      const std::ptrdiff_t value = values[values.size() == 1 ? 0 : i];
      if (value < least) throw ShapeError(fmt::format("{}: {} is {}; it has to be {} or more", layer, what, text, least));
      result.push_back(static_cast<std::size_t>(value));
    }
    return result;
  });
}

void require(std::string_view layer, bool holds, const std::string& broken, SourceLocation at) {
  if (!holds) reel::detail::placed(at, [&] { throw Error(fmt::format("{}: {}", layer, broken)); });
}

std::string short_text(const Ints& values) {
  const bool is_one = !values.empty() && std::all_of(values.begin(), values.end(), [&](std::ptrdiff_t v) { return v == values[0]; });
  return is_one ? std::to_string(values[0]) : to_string(values);
}

std::string option_text(std::string_view name, const Ints& values, std::ptrdiff_t by_default) {
  const std::string text = short_text(values);
  return text == std::to_string(by_default) ? std::string() : fmt::format(", {}={}", name, text);
}

}  // namespace reel::nn::detail
