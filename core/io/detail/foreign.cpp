#include <reel/core/io/detail/foreign.hpp>

#include <algorithm>
#include <array>

namespace reel::io {

namespace {

using std::string_view_literals::operator""sv;

struct Format {
  std::string_view beginning;
  std::string_view name;  // and what helps
};

constexpr std::array formats{
    Format{"\x89HDF\r\n\x1a\n"sv,
           "an HDF5 file, as Keras writes; save the weights as safetensors, in Python with safetensors.numpy.save_file()"},
    Format{"\x93NUMPY"sv, "a NumPy file; io::read_npy reads it"},
    Format{"\x89PNG\r\n\x1a\n"sv, "a PNG image; io::read_png reads it"},
    Format{"\xff\xd8\xff"sv, "a JPEG image; convert it to PNG"},
    Format{"GIF87a"sv, "a GIF image; convert it to PNG"},
    Format{"GIF89a"sv, "a GIF image; convert it to PNG"},
    Format{"II*\0"sv, "a TIFF image; convert it to PNG"},
    Format{"MM\0*"sv, "a TIFF image; convert it to PNG"},
    Format{"\x1f\x8b"sv, "a gzip-compressed file; decompress it first"},
    Format{"BZh"sv, "a bzip2-compressed file; decompress it first"},
    Format{"\xfd"
           "7zXZ\0"sv,
           "an xz-compressed file; decompress it first"},
    Format{"\x28\xb5\x2f\xfd"sv, "a zstd-compressed file; decompress it first"},
    Format{"7z\xbc\xaf\x27\x1c"sv, "a 7z archive; unpack it first"},
    Format{"GGUF"sv, "a GGUF model; save the weights as safetensors"},
    Format{"PAR1"sv, "a Parquet file; save it as CSV"},
    Format{"SQLite format 3"sv, "an SQLite database; save its table as CSV"},
    Format{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv, "an old Microsoft Office file such as .xls; save it as CSV"},
    Format{"%PDF-"sv, "a PDF document"},
    Format{"<?xml"sv, "an XML file"},
    Format{"<svg"sv, "an SVG picture"},
    Format{"version https://git-lfs"sv, "a Git LFS pointer in place of the file; git lfs pull fetches the file"},
    Format{"\xff\xfe"sv, "a text in UTF-16; save it as UTF-8"},
    Format{"\xfe\xff"sv, "a text in UTF-16; save it as UTF-8"},
};

constexpr std::string_view save_weights =
    "save the weights as safetensors, in Python with safetensors.torch.save_file(model.state_dict(), \"model.safetensors\")";

/// The names of the first entries say whose archive it is.
std::string zip_archive(std::string_view bytes) {
  const std::string_view start = bytes.substr(0, 512);
  const auto has = [&](std::string_view name) { return start.find(name) != start.npos; };
  if (has("data.pkl")) return "a PyTorch .pt file (a zip archive); " + std::string(save_weights);
  if (has(".npy")) return "a NumPy .npz archive; io::read_npz reads it";
  if (has("[Content_Types].xml")) return "an Excel workbook or another Office file (a zip archive); save it as CSV";
  if (has("metadata.json") || has("config.json")) return "a Keras model (a zip archive); " + std::string(save_weights);
  return "a zip archive, as PyTorch's .pt files are; " + std::string(save_weights);
}

bool begins_html(std::string_view bytes) {
  std::string start(bytes.substr(0, 64));
  std::transform(start.begin(), start.end(), start.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const std::size_t at = start.find_first_not_of(" \t\r\n");
  return at != start.npos && (start.substr(at).starts_with("<!doctype html") || start.substr(at).starts_with("<html"));
}

std::string name_of_format(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U; };
  for (const Format& format : formats)
    if (bytes.starts_with(format.beginning)) return std::string(format.name);
  if (bytes.starts_with("PK\x03\x04")) return zip_archive(bytes);
  if (byte(0) == 0x80 && byte(1) >= 2 && byte(1) <= 5)
    return "a Python pickle, as older PyTorch .pt files are; " + std::string(save_weights);
  if (bytes.starts_with("RIFF") && bytes.substr(0, 12).ends_with("WEBP")) return "a WebP image; convert it to PNG";
  if (bytes.starts_with("BM") && bytes.substr(0, 10).ends_with("\0\0\0\0"sv)) return "a BMP image; convert it to PNG";
  if (bytes.size() > 262 && bytes.substr(257, 5) == "ustar") return "a tar archive; unpack it first";
  if (begins_html(bytes)) return "a web page (HTML), perhaps an error page in place of the file";
  // A safetensors header is JSON behind its length; ONNX's first field is a version number, its second the producer's name.
  if (byte(8) == '{' && byte(9) == '"' && byte(6) == 0 && byte(7) == 0) return "a safetensors file; load_safetensors reads it";
  if (byte(0) == 0x08 && byte(1) > 0 && byte(1) < 0x40 && byte(2) == 0x12 && byte(3) > 0 && byte(4) >= 'A' && byte(4) <= 'z')
    return "an ONNX model; " + std::string(save_weights);
  if (byte(0) == 0 && byte(1) == 0 && byte(2) >= 8 && byte(2) <= 14 && byte(3) > 0 && byte(3) < 9 && bytes.size() > 4)
    return "an IDX file; io::read_idx reads it";
  return {};
}

}  // namespace

std::string looks_like(std::string_view bytes) {
  const std::string name = name_of_format(bytes);
  return name.empty() ? name : "; it looks like " + name;
}

}  // namespace reel::io
