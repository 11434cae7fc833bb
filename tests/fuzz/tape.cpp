#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <reel/autograd/debug/terminal/playback.hpp>

#include "fuzz.hpp"

using namespace reel;

namespace {

/// A tape's file around this text of its entries, with arrays of two zeros for every name that entries 0 to 7 can ask for. Mutations of a
/// whole file seldom get past its header.
std::string file_of(std::string_view entries) {
  std::string header, data;
  const auto add = [&](const std::string& name, bool is_scalar) {
    const std::size_t bytes = is_scalar ? 4 : 8;
    header += fmt::format(R"(,"{}":{{"dtype":"F32","shape":[{}],"data_offsets":[{},{}]}})", name, is_scalar ? "" : "2", data.size(),
                          data.size() + bytes);
    data.append(bytes, '\0');
  };
  add("seed", false);
  for (int i = 0; i < 8; ++i) {
    add(fmt::format("v{}", i), false);
    add(fmt::format("g{}", i), false);
    for (int k = 0; k < 2; ++k) {
      add(fmt::format("c{}.{}", i, k), false);
      add(fmt::format("k{}.{}", i, k), true);
    }
  }
  const std::string text = nlohmann::json(entries).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  header = fmt::format(R"({{"__metadata__":{{"format":"reel-tape","version":"1","tape":{}}}{}}})", text, header);
  std::string file(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) file[i] = static_cast<char>(header.size() >> (8 * i) & 0xFFU);
  return file + header + data;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::run(data, size, [](std::string_view bytes) {
    debug::Playback film = bytes.starts_with('{') ? debug::parse_tape(file_of(bytes), fuzz::name) : debug::parse_tape(bytes, fuzz::name);
    while (film.stepper.next()) {}
  });
}
