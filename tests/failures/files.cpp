// Reading, writing and drawing while memory runs out.
#include <reel/core/io/csv.hpp>
#include <reel/core/io/file.hpp>
#include <reel/core/io/npy.hpp>
#include <reel/core/io/npz.hpp>
#include <reel/core/io/png.hpp>
#include <reel/core/io/safetensors.hpp>

#include "../core/temporary_folder.hpp"
#include "survives.hpp"

using namespace failing;

namespace {

std::map<std::string, Array> some_arrays() {
  const SeedScope seed(1);
  return {{"weights of the first layer", random::normal({5, 4}).value()}, {"b", Array::range(0, 7)}};
}

/// A file that is written over: the old one stays whole, and no other is left beside it.
struct Saved {
  TemporaryFolder folder;
  const std::string path = folder.path("file");
  const std::map<std::string, Array> arrays = some_arrays();
  std::vector<Array> read;

  std::string state() const { return Digest().add(io::read_file(path)).add(fmt::format("{}", folder.names().size())); }
  std::string result() const { return Digest().add(state()).add(read); }
};

struct Npz : Saved {
  Npz() { io::write_npz(path, {{"old", Array::zeros({2})}}); }
  void run() { io::write_npz(path, arrays); }
};
struct NpzRead : Saved {
  NpzRead() { io::write_npz(path, arrays); }
  void run() {
    read.clear();
    for (const auto& [name, array] : io::read_npz(path)) read.push_back(array);
  }
};
struct Npy : Saved {
  Npy() { io::write_npy(path, Array::zeros({2})); }
  void run() { io::write_npy(path, arrays.at("b")); }
};
struct NpyRead : Saved {
  NpyRead() { io::write_npy(path, arrays.at("b")); }
  void run() { read = {io::read_npy(path)}; }
};
struct SafetensorsWrite : Saved {
  SafetensorsWrite() { io::write_safetensors(path, {{"old", Array::zeros({2})}}); }
  void run() { io::write_safetensors(path, {arrays.begin(), arrays.end()}, {{"note", "a text that is not short at all, \"quoted\""}}); }
};
template <io::Safetensors (*load)(const std::string&, SourceLocation)>
struct SafetensorsRead : Saved {
  SafetensorsRead() { io::write_safetensors(path, {arrays.begin(), arrays.end()}, {{"note", "a text that is not short at all"}}); }
  void run() {
    read.clear();
    const io::Safetensors file = load(path, SourceLocation::here());
    for (const auto& [name, array] : file.tensors) read.push_back(array);
  }
};
struct CsvRead : Saved {
  CsvRead() { folder.file("file", "the first column,b,class\n1.5,2,\"red, light\"\n-3,4e2,green\n0.25,6,\"red, light\"\n"); }
  void run() {
    const io::Table table = io::read_csv(path);
    read = {table.numbers({0, 1}), data::read_csv(path, {.target = "class", .classes = true}).targets.value()};
  }
};
struct PngWrite : Saved {
  PngWrite() { io::write_png(path, Array::zeros({1, 4, 4})); }
  void run() { io::write_png(path, Array::full({3, 5, 4}, 0.5)); }
};
struct PngRead : Saved {
  PngRead() { io::write_png(path, Array::full({3, 5, 4}, 0.5)); }
  void run() { read = {io::read_png(path)}; }
};
struct Drawn : Saved {
  Drawn() { folder.file("file", "old"); }
  void run() {
    plot::Figure figure;
    const std::vector<double> x{1, 2, 3}, y{4, 5, 7};
    figure.scatter(x, y, {.label = "points, with a name"}).line(y, {.label = "line"});
    figure.title("a title that is not short at all").labels("x", "y").save(path);
  }
};

}  // namespace

TEST_CASE("memory runs out in .npz and .npy files") {
  survives<Npz>();
  survives<NpzRead>();
  survives<Npy>();
  survives<NpyRead>();
}
TEST_CASE("memory runs out while safetensors are written") { survives<SafetensorsWrite>(); }
TEST_CASE("memory runs out while safetensors are read") {
  survives<SafetensorsRead<io::read_safetensors>>();
  survives<SafetensorsRead<io::map_safetensors>>();
}
TEST_CASE("memory runs out while a table is read") { survives<CsvRead>(); }
TEST_CASE("memory runs out in images") {
  survives<PngWrite>();
  survives<PngRead>();
}
TEST_CASE("memory runs out while a figure is saved") { survives<Drawn>(); }
