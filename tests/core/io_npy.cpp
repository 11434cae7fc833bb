#include <cmath>
#include <cstdlib>
#include <limits>

#include <fmt/format.h>
#include <catch2/catch.hpp>
#include <reel/core/io/file.hpp>
#include <reel/core/io/npy.hpp>
#include <reel/core/io/npz.hpp>

#include "child.hpp"
#include "temporary_folder.hpp"

using namespace reel;

namespace {

// Written by tests/data/numpy/make.py.
std::string reference(const std::string& name) { return std::string(REEL_TEST_DATA) + "/numpy/" + name; }

/// 0, 1, ..., 23 as (2, 3, 4), less `by`.
Array counted(double by, Dtype dtype) {
  Array a({2, 3, 4}, float64);
  for (int i = 0; i < 24; ++i) a.mutable_data<double>()[i] = i - by;
  return a.astype(dtype);
}

/// A .npy file of version 1.0 with this header and data.
std::string npy(const std::string& header, const std::string& data = "") {
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size() & 0xFF) + static_cast<char>(header.size() >> 8) + header +
         data;
}

/// A Python that has NumPy, or an empty text. The first on the PATH need not be the system's.
std::string python_with_numpy() {
  for (const std::string python : {"python3", "/usr/bin/python3"})
    if (std::system((python + " -c 'import numpy' >/dev/null 2>&1").c_str()) == 0) return python;
  return {};
}

}  // namespace

TEST_CASE("NumPy's files of every dtype, version, order and byte order") {
  for (const std::string name : {"f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4"}) {
    INFO(name);
    const Dtype dtype = name[0] != 'f' ? int64 : name == "f8" ? float64 : float32;
    CHECK(identical(io::read_npy(reference(name + ".npy")), counted(name[0] == 'u' ? 0 : 12, dtype)));
  }
  for (const std::string name : {"fortran", "version2", "version3"})
    CHECK(identical(io::read_npy(reference(name + ".npy")), counted(0, float32)));
  CHECK(identical(io::read_npy(reference("big_f8.npy")), counted(0, float64)));
  CHECK(io::read_npy(reference("big_u2.npy")).at<std::int64_t>({1, 2, 3}) == 23 * 257);
  const Array mask = io::read_npy(reference("b1.npy"));
  CHECK(mask.dtype() == boolean);
  for (std::size_t i = 0; i < 24; ++i) CHECK(mask.data<bool>()[i] == (i % 3 == 0));
  CHECK(identical(io::read_npy(reference("scalar.npy")), Array::scalar(2.5, float64)));
  CHECK(identical(io::read_npy(reference("vector.npy")), Array::of<std::int64_t>({3}, std::vector<std::int64_t>{1, -2, 3})));
  CHECK(identical(io::read_npy(reference("empty.npy")), Array({0, 3}, float32)));
  const Array half = io::read_npy(reference("half.npy"));
  const float inf = std::numeric_limits<float>::infinity();
  CHECK(identical(half, Array::of<float>({8}, std::vector<float>{0.0F, -0.0F, 0x1p-24F, 0x3FFp-24F, 1, -2, 65504, inf})));
}

TEST_CASE("what is written is NumPy's file, byte for byte") {
  const TemporaryFolder folder;
  for (const std::string name : {"f4", "f8", "i8", "b1", "scalar", "vector", "empty", "special", "version2", "fortran"}) {
    INFO(name);
    const std::string path = reference(name + ".npy"), copy = folder.path("copy.npy");
    const Array array = io::read_npy(path);
    io::write_npy(copy, array);
    CHECK(identical(io::read_npy(copy), array));
    if (name != "version2" && name != "fortran") CHECK(io::read_file(copy) == io::read_file(path));
  }
  CHECK(folder.names() == std::vector<std::string>{"copy.npy"});
}

TEST_CASE("npz archives of NumPy's, stored and deflated, and back") {
  const TemporaryFolder folder;
  for (const std::string name : {"stored", "deflated"}) {
    const std::map<std::string, Array> arrays = io::read_npz(reference(name + ".npz"));
    REQUIRE(arrays.size() == 4);
    CHECK(identical(arrays.at("weight"), counted(0, float32)));
    CHECK(identical(arrays.at("bias"), Array::of<double>({2}, std::vector<double>{0.5, -0.5})));
    CHECK(identical(arrays.at("classes"), Array::of<std::int64_t>({3}, std::vector<std::int64_t>{3, 1, 2})));
    CHECK(arrays.at("mask").dtype() == boolean);
    io::write_npz(folder.path(name), arrays);
    const std::map<std::string, Array> again = io::read_npz(folder.path(name));
    REQUIRE(again.size() == 4);
    for (const auto& [key, array] : arrays) CHECK(identical(again.at(key), array));
  }
  CHECK(io::read_file(folder.path("stored")) == io::read_file(folder.path("deflated")));
  io::write_npz(folder.path("none"), {});
  CHECK(io::read_npz(folder.path("none")).empty());
  CHECK(io_error([&] {
          io::write_npz(folder.path("x"), {{"", Array()}});
        }).ends_with("an array's name has 0 bytes; it has to have 1 to 65000"));
}

TEST_CASE("NumPy reads what Reel writes") {
  const std::string python = python_with_numpy();
  if (python.empty()) {
    WARN("skipped: there is no python3 with numpy");
    return;
  }
  const TemporaryFolder folder;
  io::write_npz(
      folder.path("a.npz"),
      {{"weight", counted(12, float32)}, {"classes", counted(0, int64)}, {"mask", counted(3, boolean)}, {"none", Array({0, 3}, float64)}});
  io::write_npy(folder.path("a.npy"), counted(0.5, float64));
  folder.file("check.py", R"(
import numpy as np, zipfile
n = np.arange(24).reshape(2, 3, 4)
a = np.load('a.npy')
assert a.dtype == np.float64 and (a == n - 0.5).all() and a.flags.c_contiguous
assert zipfile.ZipFile('a.npz').testzip() is None
z = np.load('a.npz')
assert sorted(z.files) == ['classes', 'mask', 'none', 'weight']
assert z['weight'].dtype == np.float32 and (z['weight'] == n - 12).all()
assert z['classes'].dtype == np.int64 and (z['classes'] == n).all()
assert z['mask'].dtype == bool and (z['mask'] == (n != 3)).all()
assert z['none'].shape == (0, 3)
)");
  CHECK(std::system(fmt::format("cd '{}' && {} check.py", folder.path(), python).c_str()) == 0);
}

TEST_CASE("npy files that are refused say why") {
  const auto error = [](const std::string& bytes) { return io_error([&] { io::parse_npy(bytes, "a.npy"); }); };
  const std::string good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
  CHECK(identical(io::parse_npy(npy(good, std::string(8, '\0')), "a.npy"), Array::zeros({2})));
  CHECK(identical(io::parse_npy(npy("{\"shape\":(1L,2L),'fortran_order':True,'descr':'<f4'}", std::string(8, '\0')), "a"),
                  Array::zeros({1, 2})));
  const TemporaryFolder folder;
  for (const std::string& bytes : {std::string("\x93NUM"), npy(good), npy(good, std::string(7, '\0')), npy(good, std::string(9, '\0')),
                                   std::string("\x93NUMPY\x02\x00\xff\xff\xff\xff", 12), std::string("\x93NUMPY\x02\x00\xff", 9)}) {
    const std::string path = folder.file("f.npy", bytes), as_file = io_error([&] { io::read_npy(path); });
    CHECK(as_file == path + error(bytes).substr(5));  // as for the same bytes in memory
  }
  CHECK(error("") == "a.npy: it begins with ''; a .npy file begins with \\x93NUMPY");
  CHECK(error(std::string("\x93NUMPY\x04\x00", 8)) == "a.npy: version 4.0 of the format is not known; 1.0, 2.0 and 3.0 are");
  CHECK(error(std::string("\x93NUMPY\x01\x00\xff\xff", 10)) ==
        "a.npy: the header is said to have 65535 bytes; the file has 0 after the length");
  CHECK(error(npy(good)) == "a.npy: it has 0 bytes of data; <f4 of shape (2,) takes 8");
  CHECK(error(npy(good, std::string(9, 'x'))) == "a.npy: it has 9 bytes of data; <f4 of shape (2,) takes 8");
  CHECK(error(npy("{'descr': '|b1', 'fortran_order': False, 'shape': (1,)}", "\x02")) == "a.npy: a bool is a byte other than 0 and 1");
  CHECK(error(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}")) ==
        "a.npy: shape (4294967296, 4294967296) has more elements than an address space");
  CHECK(error(npy("{'descr': '<c8', 'fortran_order': False, 'shape': ()}")) ==
        "a.npy: dtype '<c8' cannot be read; f2, f4, f8, i1, i2, i4, i8, u1, u2, u4 and b1 can, with < > = or | in front");
  for (const auto& [header, rule] : std::vector<std::pair<std::string, std::string>>{
           {"{'descr': '<f4', 'shape': ()}", "it has no fortran_order"},
           {"{'descr': [('a', '<f4')]", "arrays of structures cannot be read"},
           {"{'descr': '<f4', 'descr': '<f4'}", "descr is there twice"},
           {"{'order': 3}", "the key 'order' is none of descr, fortran_order and shape"},
           {"{'shape': (1,1,1,1,1,1,1,1,1)}", "there are more than 8 axes, the most that an array can have"},
           {"{'shape': (-1,)}", "there should be a length, a whole number from 0 to 2^64 - 1"},
           {"{'shape': (3)}", "a shape of one length ends in a comma"},
           {"{'fortran_order': 1}", "there should be True or False"},
           {"{'descr", "a text in quotes does not end"},
           {good + "x", "there is something behind the dictionary"}})
    CHECK(error(npy(header)).ends_with(": " + rule));
}

TEST_CASE("an entry of an archive that cannot be read does not stop those that are named") {
  const TemporaryFolder folder;
  const std::string path = folder.path("a.npz");
  io::write_npz(path, {{"bias", Array::full({2}, 0.5)}, {"objects", Array::full({1}, 1)}, {"weight", Array::full({3}, 2)}});
  std::string bytes = io::read_file(path);
  // A dtype that Reel has not, then pickled objects; the checksums of the directory are right, so that the entry itself is what is refused.
  const auto refused = [&](const std::string& descr) {
    std::string changed = bytes;
    const std::size_t at = changed.find("'<f4'", changed.find("objects.npy"));
    changed.replace(at, 5, descr);
    const std::size_t begin = changed.rfind("\x93NUMPY", at);
    const std::size_t size = 128 + 4;
    std::uint32_t crc = 0xFFFFFFFF;
    for (std::size_t i = 0; i < size; ++i) {
      crc ^= static_cast<unsigned char>(changed[begin + i]);
      for (int bit = 0; bit < 8; ++bit) crc = crc >> 1U ^ (crc & 1U ? 0xEDB88320U : 0U);
    }
    crc = ~crc;
    const std::size_t entry = changed.find("objects.npy", changed.find("PK\x01\x02")) - 46;
    for (std::size_t i = 0; i < 4; ++i) changed[entry + 16 + i] = static_cast<char>(crc >> (8 * i) & 0xFFU);
    return folder.file("b.npz", changed);
  };
  for (const std::string descr : {"'<c8'", "'|O' "}) {
    const std::string other = refused(descr);
    const auto arrays = io::read_npz(other, {"weight", "bias"});
    REQUIRE(arrays.size() == 2);
    CHECK(identical(arrays.at("weight"), Array::full({3}, 2)));
    CHECK_THAT(io_error([&] { io::read_npz(other); }),
               Catch::Contains("entry 'objects.npy': dtype '") &&
                   Catch::Contains("to read the others alone, name them: read_npz(path, {\"name\", ...})"));
    CHECK_THAT(io_error([&] { io::read_npz(other, {"objects"}); }), Catch::Contains("entry 'objects.npy': dtype '"));
  }
  CHECK(io_error([&] { io::read_npz(path, {"wieght"}); }) ==
        path + ": it has no array 'wieght'; it has bias, objects, weight; did you mean 'weight'?");
}

TEST_CASE("a large .npy file is read into its array, without a copy of the file") {
  const TemporaryFolder folder;
  const std::string path = folder.path("a.npy");
  io::write_npy(path, Array::full({30, 1'000'000}, 0.25));  // 120 MB
  CHECK(with_memory(180'000'000, [&] { return std::to_string(io::read_npy(path).at<float>({29, 999'999})); }) == "0.250000");
}

TEST_CASE("npz archives that are refused say why") {
  const std::string good = io::read_file(reference("stored.npz"));
  const auto error = [](const std::string& bytes) { return io_error([&] { io::parse_npz(bytes, "a.npz"); }); };
  CHECK(error("PK") == "a.npz: it has 2 bytes, which is too short for a zip archive");
  CHECK(error(good.substr(0, good.size() - 1)) == "a.npz: it has no directory at its end; it is no zip archive, or it is cut short");
  std::string damaged = good;
  damaged[good.find("\x93NUMPY") + 130] ^= 1;
  CHECK(error(damaged).starts_with("a.npz: entry 'weight.npy': it is damaged, its checksum is another one than the directory says; "));
  std::string renamed = good;
  for (std::size_t at = 0; (at = renamed.find("bias.npy", at)) != renamed.npos; ++at) renamed.replace(at, 8, "bias.txt");
  CHECK(error(renamed).starts_with("a.npz: entry 'bias.txt': it is no .npy file; "));
  std::string twice = good;
  for (std::size_t at = 0; (at = twice.find("mask.npy", at)) != twice.npos; ++at) twice.replace(at, 8, "bias.npy");
  CHECK(error(twice) == "a.npz: entry 'bias.npy': it is there twice");
  // Both entries of the directory lead to the first one's bytes.
  std::string overlapping = good;
  const std::size_t first = good.find("PK\x01\x02"), second = good.find("PK\x01\x02", first + 1);
  overlapping.replace(second + 42, 4, overlapping.substr(first + 42, 4));
  CHECK(error(overlapping).find("overlaps entry") != std::string::npos);
  // A small entry that claims four gigabytes.
  std::string bomb = io::read_file(reference("deflated.npz"));
  bomb.replace(bomb.find("PK\x01\x02") + 24, 4, "\xff\xff\xff\xf0");
  CHECK(error(bomb).find("which its") != std::string::npos);
}
