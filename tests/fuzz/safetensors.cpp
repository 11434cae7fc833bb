#include <reel/core/io/safetensors.hpp>

#include "fuzz.hpp"

using namespace reel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::run(data, size, [](std::string_view bytes) {
    std::size_t total = 0;
    for (const auto& [name, array] : io::parse_safetensors(bytes, fuzz::name).tensors) total += array.bytes();
    fuzz::check(total <= 8 * bytes.size(), "elements come from bytes of the file");
  });
}
