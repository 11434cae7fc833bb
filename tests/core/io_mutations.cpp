#include <random>

#include <catch2/catch.hpp>
#include <reel/core/error.hpp>
#include <reel/core/io/csv.hpp>
#include <reel/core/io/file.hpp>
#include <reel/core/io/idx.hpp>
#include <reel/core/io/npy.hpp>
#include <reel/core/io/npz.hpp>
#include <reel/core/io/png.hpp>
#include <reel/core/io/safetensors.hpp>

#include "temporary_folder.hpp"

using namespace reel;

namespace {

/// One to four bytes changed, taken away or put in, or the end cut off. Only the generator's own numbers are used: distributions differ
/// between standard libraries.
std::string mutate(std::string bytes, std::mt19937& random) {
  const auto below = [&](std::size_t n) { return random() % n; };
  for (std::size_t n = 1 + below(4); n > 0 && !bytes.empty(); --n) {
    const std::size_t at = below(bytes.size());
    switch (below(6)) {
      case 0: bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8))); break;
      case 1: bytes[at] = static_cast<char>(below(256)); break;
      case 2: bytes[at] = "{}[]\",:0129-.eE\n\r;"[below(18)]; break;
      case 3: bytes.erase(at, 1 + below(3)); break;
      case 4: bytes.insert(at, bytes.substr(below(bytes.size()), 1 + below(12))); break;
      default: bytes.resize(at); break;
    }
  }
  return bytes;
}

/// How many of `attempts` mutations of `bytes` were refused with an IoError. Any other exception fails the test.
template <class Load>
int refused(const std::string& bytes, int attempts, Load&& load) {
  std::mt19937 random(20240229);
  int count = 0;
  for (int i = 0; i < attempts; ++i) {
    try {
      load(mutate(bytes, random));
    } catch (const IoError& error) {
      ++count;
      if (std::string_view(error.what()).find("m.") == std::string_view::npos) FAIL("the file is not named: " << error.what());
    }
  }
  return count;
}

}  // namespace

TEST_CASE("a damaged safetensors file is loaded or refused, never worse") {
  const TemporaryFolder folder;
  for (const std::string name : {"reference", "reference_native"}) {
    const std::string bytes = io::read_file(std::string(REEL_TEST_DATA) + "/" + name + ".safetensors");
    const int count = refused(bytes, 4000, [&](const std::string& damaged) {
      const io::Safetensors loaded = io::read_safetensors(folder.file("m.safetensors", damaged));
      std::size_t total = 0;
      for (const auto& [tensor, array] : loaded.tensors) total += array.bytes();
      CHECK(total <= 8 * damaged.size());
    });
    CHECK(count > 2000);
    CHECK(count < 4000);
  }
}

TEST_CASE("every truncation of a safetensors file is refused") {
  const TemporaryFolder folder;
  const std::string bytes = io::read_file(std::string(REEL_TEST_DATA) + "/reference.safetensors");
  for (std::size_t n = 0; n < bytes.size(); ++n)
    REQUIRE_THROWS_AS(io::read_safetensors(folder.file("m.safetensors", bytes.substr(0, n))), IoError);
}

TEST_CASE("a damaged CSV file is parsed or refused, never worse") {
  const std::string text =
      "\xEF\xBB\xBF"
      "name,\"a \"\"quoted\"\" one\",count,ratio\r\nx,\"1,5\",3,0.25\r\n\"two\nlines\",NA,-4,1e-3\n\n z ,,5,nan\nlast,2,6,.5";
  const io::CsvOptions with_header, without{.header = false};
  for (const io::CsvOptions& options : {with_header, without}) {
    const int count = refused(text, 6000, [&](const std::string& damaged) {
      const io::Table table = io::parse_csv(damaged, "m.csv", options);
      std::size_t length = 0;
      for (std::size_t row = 0; row < table.rows(); ++row)
        for (std::size_t column = 0; column < table.columns().size(); ++column) length += table.text(row, column).size();
      CHECK(length <= damaged.size());
      const io::Classes classes = table.classes(0);  // outside of CHECK, which would catch the IoError
      CHECK(classes.labels.size() == table.rows());
      table.numbers({-2, -1}, float64, io::MissingPolicy::nan);
      table.numbers({-1}, int64, io::MissingPolicy::drop);
    });
    CHECK(count > 2000);
  }
}

TEST_CASE("a damaged file of NumPy's, IDX or PNG file is read or refused, never worse") {
  const auto bytes_of = [](const std::string& name) { return io::read_file(std::string(REEL_TEST_DATA) + "/numpy/" + name); };
  for (const std::string name : {"f2.npy", "fortran.npy", "big_u2.npy", "b1.npy"})
    CHECK(refused(bytes_of(name), 2000, [](const std::string& damaged) { io::parse_npy(damaged, "m.npy"); }) > 500);
  for (const std::string name : {"stored.npz", "deflated.npz"})
    CHECK(refused(bytes_of(name), 3000, [](const std::string& damaged) { io::parse_npz(damaged, "m.npz"); }) > 1000);
  for (const std::string name : {"i4.idx", "f8.idx", "labels.idx.gz"})
    CHECK(refused(bytes_of(name), 3000, [](const std::string& damaged) { io::parse_idx(damaged, "m.idx"); }) > 1000);
  if (!io::can_read_png()) return;
  for (const std::string name : {"rgb16.png", "palette.png", "grey1.png"})
    CHECK(refused(bytes_of(name), 3000, [](const std::string& damaged) { io::parse_png(damaged, "m.png"); }) > 1000);
}

TEST_CASE("every truncation of a file of NumPy's is refused") {
  for (const std::string name : {"f4.npy", "stored.npz", "deflated.npz"}) {
    const std::string bytes = io::read_file(std::string(REEL_TEST_DATA) + "/numpy/" + name);
    for (std::size_t n = 0; n < bytes.size(); ++n) {
      if (name == "f4.npy") REQUIRE_THROWS_AS(io::parse_npy(bytes.substr(0, n), name), IoError);
      else REQUIRE_THROWS_AS(io::parse_npz(bytes.substr(0, n), name), IoError);
    }
  }
}
