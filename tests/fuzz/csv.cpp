#include <reel/core/io/csv.hpp>

#include "fuzz.hpp"

using namespace reel;

namespace {

void read(std::string_view bytes, bool header) {
  const io::Table table = io::parse_csv(std::string(bytes), fuzz::name, {.header = header});
  std::size_t length = 0;
  for (std::size_t row = 0; row < table.rows(); ++row)
    for (std::size_t column = 0; column < table.columns().size(); ++column) length += table.text(row, column).size();
  fuzz::check(length <= bytes.size(), "cells are parts of the file");
  fuzz::check(table.classes(0).labels.size() == table.rows(), "there is a class a row");
  table.numbers({-1}, float64, io::MissingPolicy::nan);
  table.numbers({-1}, int64, io::MissingPolicy::drop);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const bool header : {true, false}) fuzz::run(data, size, [=](std::string_view bytes) { read(bytes, header); });
  return 0;
}
