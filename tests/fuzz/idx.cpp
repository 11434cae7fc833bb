#include <reel/core/io/detail/inflate.hpp>
#include <reel/core/io/idx.hpp>

#include "fuzz.hpp"

using namespace reel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::run(data, size, [](std::string_view bytes) { io::parse_idx_images(bytes, fuzz::name); });
  return fuzz::run(data, size, [](std::string_view bytes) {
    const Array array = io::parse_idx(bytes, fuzz::name);
    fuzz::check(array.bytes() <= 8 * io::most_inflated * bytes.size(), "elements come from bytes of the file");
  });
}
