#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <reel/core/error.hpp>

/// What every target does: bytes are read or refused with an IoError that names the file. Everything else ends the program: any other
/// exception, what the sanitizers find, a broken check().
namespace fuzz {

/// How messages name the bytes.
inline constexpr const char* name = "fuzzed.file";

inline void check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "this does not hold: %s\n", what);
  std::abort();
}

template <class Read>
int run(const std::uint8_t* data, std::size_t size, const Read& read) {
  try {
    read(std::string_view(reinterpret_cast<const char*>(data), size));
  } catch (const reel::IoError& error) {
    check(std::string_view(error.what()).find(name) != std::string_view::npos, "an error names the file");
  }
  return 0;
}

}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
