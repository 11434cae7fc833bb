#include <reel/autograd/debug/terminal/film.hpp>

#include "fuzz.hpp"

using namespace reel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::run(data, size, [](std::string_view bytes) {
    debug::Film film = debug::parse_tape(bytes, fuzz::name);
    while (film.stepper.next()) {}
  });
}
