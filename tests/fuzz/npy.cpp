#include <reel/core/io/npy.hpp>

#include "fuzz.hpp"

using namespace reel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::run(data, size, [](std::string_view bytes) {
    const Array array = io::parse_npy(bytes, fuzz::name);
    fuzz::check(array.bytes() <= 8 * bytes.size(), "elements come from bytes of the file");
    const std::string again = io::npy_header(array) + std::string(static_cast<const char*>(array.raw()), array.bytes());
    fuzz::check(identical(io::parse_npy(again, fuzz::name), array), "what is written is read again");
  });
}
