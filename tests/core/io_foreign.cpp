#include <catch2/catch.hpp>
#include <reel/core/io/csv.hpp>
#include <reel/core/io/file.hpp>
#include <reel/core/io/idx.hpp>
#include <reel/core/io/npy.hpp>
#include <reel/core/io/npz.hpp>
#include <reel/core/io/png.hpp>
#include <reel/core/io/safetensors.hpp>

#include "temporary_folder.hpp"

using namespace reel;
using Catch::Contains;

namespace {

struct Foreign {
  std::string beginning, name;
};

std::string bytes_of(std::string_view text) { return std::string(text); }

/// The first bytes of files of other formats, and what a message has to say of them.
const std::vector<Foreign> foreign{
    {bytes_of({"PK\x03\x04\0\0\x08\x08\0\0archive/data.pkl", 26}), "a PyTorch .pt file (a zip archive); save the weights as safetensors"},
    {bytes_of({"PK\x03\x04\x14\0\0\0\x08\0something", 19}), "a zip archive, as PyTorch's .pt files are; save the weights as safetensors"},
    {"PK\x03\x04[Content_Types].xml", "an Excel workbook"},
    {"PK\x03\x04metadata.json", "a Keras model"},
    {bytes_of({"\x80\x02}q\0", 5}), "a Python pickle, as older PyTorch .pt files are; save the weights as safetensors"},
    {bytes_of({"\x80\x04\x95", 3}), "a Python pickle"},
    {"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras writes"},
    {"\x08\x07\x12\x07pytorch", "an ONNX model"},
    {"\xff\xd8\xff\xe0", "a JPEG image; convert it to PNG"},
    {"GIF89a", "a GIF image; convert it to PNG"},
    {"BM1234\0\0\0\0", ""},  // cut at the NUL: no BMP
    {bytes_of({"BM1234\0\0\0\0", 10}), "a BMP image"},
    {"RIFF1234WEBPVP8 ", "a WebP image"},
    {"BZh91AY", "a bzip2-compressed file"},
    {"%PDF-1.7", "a PDF document"},
    {"GGUF\x03", "a GGUF model"},
    {"<!DOCTYPE html><html>", "a web page (HTML)"},
    {"\n<HTML>", "a web page (HTML)"},
    {"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a Git LFS pointer"},
};

}  // namespace

TEST_CASE("readers say which other format a file looks like") {
  for (const Foreign& file : foreign) {
    INFO(file.name);
    const std::string bytes = file.beginning + std::string(200, '\1');
    const std::string expected = file.name.empty() ? "m" : "; it looks like " + file.name;
    CHECK_THAT(io_error([&] { io::parse_safetensors(bytes, "m"); }), Contains(expected));
    CHECK_THAT(io_error([&] { io::parse_npy(bytes, "m"); }), Contains(expected));
    CHECK_THAT(io_error([&] { io::parse_idx(bytes, "m"); }), Contains(expected));
    CHECK_THAT(io_error([&] { io::parse_idx_images(bytes, "m"); }), Contains(expected));
    CHECK_THAT(io_error([&] { io::parse_csv(bytes + '\0', "m"); }), Contains(expected));
    if (io::can_read_png()) CHECK_THAT(io_error([&] { io::parse_png(bytes, "m"); }), Contains(expected));
    if (!bytes.starts_with("PK")) CHECK_THAT(io_error([&] { io::parse_npz(bytes, "m"); }), Contains(expected));
    const TemporaryFolder folder;
    const std::string path = folder.file("m", bytes);
    CHECK_THAT(io_error([&] { io::map_safetensors(path); }), Contains(expected));
    CHECK_THAT(io_error([&] { io::read_npy(path); }), Contains(expected));
  }
}

TEST_CASE("readers know each other's formats") {
  const TemporaryFolder folder;
  const Array x = Array::full({2, 2}, 0.5);
  io::write_npy(folder.path("x.npy"), x);
  io::write_npz(folder.path("x.npz"), {{"x", x}});
  io::write_png(folder.path("x.png"), x);
  io::write_safetensors(folder.path("x.safetensors"), {{"x", x}});
  CHECK_THAT(io_error([&] { io::read_safetensors(folder.path("x.npy")); }), Contains("a NumPy file; io::read_npy reads it"));
  CHECK_THAT(io_error([&] { io::read_npy(folder.path("x.npz")); }), Contains("a NumPy .npz archive; io::read_npz reads it"));
  CHECK_THAT(io_error([&] { io::read_npz(folder.path("x.npy")); }), Contains("a NumPy file; io::read_npy reads it"));
  CHECK_THAT(io_error([&] { io::read_npy(folder.path("x.png")); }), Contains("a PNG image; io::read_png reads it"));
  CHECK_THAT(io_error([&] { io::read_csv(folder.path("x.png")); }), Contains("a PNG image; io::read_png reads it"));
  CHECK_THAT(io_error([&] { io::read_npy(folder.path("x.safetensors")); }), Contains("a safetensors file; load_safetensors reads it"));
  CHECK_THAT(io_error([&] { io::read_npy(std::string(REEL_TEST_DATA) + "/numpy/labels.idx"); }),
             Contains("an IDX file; io::read_idx reads it"));
  CHECK_THAT(io_error([&] { io::read_npy(std::string(REEL_TEST_DATA) + "/numpy/labels.idx.gz"); }), Contains("a gzip-compressed file"));
  // A PyTorch file is a zip archive, so it gets as far as its entries.
  io::write_npz(folder.path("p.npz"), {{"data.pkl", x}});
  std::string bytes = io::read_file(folder.path("p.npz"));
  for (std::size_t at = 0; (at = bytes.find("data.pkl.npy", at)) != bytes.npos; ++at) bytes.replace(at, 12, "it/sdata.pkl");
  CHECK_THAT(io_error([&] { io::parse_npz(bytes, "p.pt"); }), Contains("p.pt: it has no arrays; it looks like a PyTorch .pt file"));
  // One that is cut short looks like itself, which helps nobody.
  const std::string half = io::read_file(folder.path("x.safetensors")).substr(0, 40);
  CHECK_THAT(io_error([&] { io::parse_safetensors(half, "m"); }), !Contains("looks like"));
}
