#include <reel/core/io/csv.hpp>

#include "fuzz.hpp"

using namespace reel;

namespace {

void read(std::string_view bytes, const io::CsvOptions& options) {
  const io::Table table = io::parse_csv(std::string(bytes), fuzz::name, options);
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
  const io::CsvOptions usual, without_header{.header = false}, european{.delimiter = ';', .decimal = ','};
  for (const io::CsvOptions& options : {usual, without_header, european})
    fuzz::run(data, size, [&](std::string_view bytes) { read(bytes, options); });
  return 0;
}
