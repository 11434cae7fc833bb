#include <reel/core/io/png.hpp>

#include "fuzz.hpp"

using namespace reel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::run(data, size, [](std::string_view bytes) {
    const Array image = io::parse_png(bytes, fuzz::name);
    fuzz::check(image.rank() == 3 && image.shape()[0] <= 4, "an image has one to four channels");
    for (const float value : image.span<float>()) fuzz::check(value >= 0 && value <= 1, "pixels are between 0 and 1");
  });
}
