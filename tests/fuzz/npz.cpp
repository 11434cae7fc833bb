#include <reel/core/io/detail/inflate.hpp>
#include <reel/core/io/npz.hpp>

#include "fuzz.hpp"

using namespace reel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::run(data, size, [](std::string_view bytes) {
    std::size_t total = 0;
    for (const auto& [name, array] : io::parse_npz(bytes, fuzz::name)) total += array.bytes();
    fuzz::check(total <= 8 * io::most_inflated * bytes.size(), "elements come from bytes of the file");
  });
}
