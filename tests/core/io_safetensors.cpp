#include <cmath>
#include <cstring>

#include <catch2/catch.hpp>
#include <reel/core/error.hpp>
#include <reel/core/io/file.hpp>
#include <reel/core/io/safetensors.hpp>

#include "temporary_folder.hpp"

using namespace reel;
using Catch::Contains;

namespace {

std::string with_length(const std::string& header, const std::string& data, std::uint64_t length) {
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  return bytes + header + data;
}

/// The error of loading a file with this header and as many data bytes, or "no IoError".
std::string load_error(const std::string& header, std::size_t data_bytes = 0) {
  const TemporaryFolder folder;
  const std::string path = folder.file("m.safetensors", with_length(header, std::string(data_bytes, '\0'), header.size()));
  const std::string text = io_error([&] { io::read_safetensors(path); });
  if (text != "no IoError") CHECK_THAT(text, Catch::StartsWith(path + ": "));
  return text.starts_with(path) ? text.substr(path.size() + 2) : text;
}

std::string load_bytes_error(const std::string& bytes) {
  const TemporaryFolder folder;
  return io_error([&] { io::read_safetensors(folder.file("m.safetensors", bytes)); });
}

/// A header with the one tensor x.
std::string one(const std::string& fields) { return "{\"x\":{" + fields + "}}"; }

io::Safetensors reference_file() { return io::read_safetensors(std::string(REEL_TEST_DATA) + "/reference.safetensors"); }

template <class T>
Array values(const Shape& shape, std::initializer_list<T> list) {
  return Array::of<T>(shape, std::span<const T>(list.begin(), list.size()));
}

}  // namespace

TEST_CASE("a file of the reference implementation is read") {
  const auto [tensors, metadata, unreadable] = reference_file();
  CHECK(unreadable.empty());
  CHECK(metadata == std::map<std::string, std::string>{{"made by", "safetensors 0.8.0"}});
  REQUIRE(tensors.size() == 13);
  CHECK(identical(tensors.at("weight"), values<float>({2, 3}, {1.5F, -2.25F, 3, 0.1F, 1e-30F, -INFINITY})));
  CHECK(identical(tensors.at("bias"), values<double>({2}, {0.1, -1e300})));
  CHECK(identical(tensors.at("steps"), values<std::int64_t>({}, {9007199254740993})));
  CHECK(identical(tensors.at("mask"), values<bool>({3}, {true, false, true})));
  CHECK(identical(tensors.at("empty"), Array({0, 3}, float32)));
  // 6e-8 is the smallest subnormal of binary16, 2^-24.
  CHECK(identical(tensors.at("half"), values<float>({5}, {1, -0.5F, 65504, 0x1p-24F, -INFINITY})));
  CHECK(identical(tensors.at("brain"), values<float>({3}, {1, -3, INFINITY})));
  CHECK(identical(tensors.at("i8"), values<std::int64_t>({2}, {-128, 127})));
  CHECK(identical(tensors.at("u8"), values<std::int64_t>({2}, {0, 255})));
  CHECK(identical(tensors.at("i16"), values<std::int64_t>({2}, {-32768, 32767})));
  CHECK(identical(tensors.at("u16"), values<std::int64_t>({1}, {65535})));
  CHECK(identical(tensors.at("i32"), values<std::int64_t>({1}, {-2147483648LL})));
  CHECK(identical(tensors.at("u32"), values<std::int64_t>({1}, {4294967295LL})));
}

TEST_CASE("files are written byte for byte as the reference implementation does") {
  const TemporaryFolder folder;
  const std::string reference = std::string(REEL_TEST_DATA) + "/reference_native.safetensors";
  const auto [tensors, metadata, unreadable] = io::read_safetensors(reference);
  CHECK(unreadable.empty());
  REQUIRE(tensors.size() == 6);
  io::write_safetensors(folder.path("m.safetensors"), tensors, metadata);
  CHECK(io::read_file(folder.path("m.safetensors")) == io::read_file(reference));
}

TEST_CASE("arrays come back with the same bits, names and metadata") {
  const TemporaryFolder folder;
  const io::Arrays tensors{{"a", values<float>({2, 2}, {1, NAN, -0.0F, INFINITY})}, {"", Array::scalar(2, float64)},
                           {"layer.0/\"w\"\n\u00fc", Array::range(-5, 5)},          {"nothing", Array()},
                           {"flags", values<bool>({1, 3}, {true, false, true})},    {"deep", Array::full({1, 1, 1, 1, 1, 1, 1, 2}, 7)}};
  const std::map<std::string, std::string> metadata{{"format", "reel"}, {"", "\t{}"}};
  io::write_safetensors(folder.path("m"), tensors, metadata);
  const io::Safetensors back = io::read_safetensors(folder.path("m"));
  CHECK(back.metadata == metadata);
  REQUIRE(back.tensors.size() == tensors.size());
  for (const auto& [name, array] : tensors) CHECK(identical(back.tensors.at(name), array));

  io::write_safetensors(folder.path("m"), {});
  CHECK(io::read_file(folder.path("m")) == with_length("{}      ", "", 8));
  CHECK(io::read_safetensors(folder.path("m")).tensors.empty());
}

TEST_CASE("a tensor larger than one chunk is converted as a whole") {
  const TemporaryFolder folder;
  std::string data;
  for (int i = 0; i < 50001; ++i) data.push_back(static_cast<char>(i * 5));
  const std::string header = one(R"("dtype":"U8","shape":[50001],"data_offsets":[0,50001])");
  const Array x = io::read_safetensors(folder.file("m", with_length(header, data, header.size()))).tensors.at("x");
  for (std::size_t i = 0; i < x.size(); ++i) REQUIRE(x.data<std::int64_t>()[i] == static_cast<std::int64_t>(i * 5 % 256));
}

TEST_CASE("NaN of the narrow float types stays NaN") {
  const TemporaryFolder folder;
  const std::string header =
      R"({"b":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]},"h":{"dtype":"F16","shape":[1],"data_offsets":[2,4]}})";
  const auto tensors = io::read_safetensors(folder.file("m", with_length(header, "\xC0\x7F\x01\x7E", header.size()))).tensors;
  CHECK(std::isnan(tensors.at("b").item<float>()));
  CHECK(std::isnan(tensors.at("h").item<float>()));
}

TEST_CASE("what the format cannot hold is not written, and the old file stays") {
  const TemporaryFolder folder;
  const std::string path = folder.file("m", "old");
  CHECK_THAT(io_error([&] { io::write_safetensors(path, {{"__metadata__", Array()}}); }), Contains("cannot be named __metadata__"));
  CHECK_THAT(io_error([&] { io::write_safetensors(path, {{"\xFF", Array()}}); }), Contains("not UTF-8"));
  CHECK_THAT(io_error([&] { io::write_safetensors(path, {}, {{"a", "\xC3"}}); }), Contains("not UTF-8"));
  CHECK_THAT(io_error([&] { io::write_safetensors(folder.path("no/m"), {}); }), Contains("its folder does not exist"));
  CHECK(io::read_file(path) == "old");
  CHECK(folder.names() == std::vector<std::string>{"m"});
}

TEST_CASE("a header that does not fit the file is an IoError") {
  CHECK_THAT(load_bytes_error(""), Contains("the file has 0 bytes; a safetensors file begins with 8 bytes"));
  CHECK_THAT(load_bytes_error("1234567"), Contains("the file has 7 bytes"));
  CHECK_THAT(load_bytes_error(with_length("{}", "", 3)), Contains("the header is said to have 3 bytes; the file has 2 after the length"));
  CHECK_THAT(load_bytes_error(with_length("{}", "", 100'000'001)), Contains("at most 100000000 are allowed"));
  CHECK_THAT(load_bytes_error(with_length("{}", "", UINT64_MAX)), Contains("said to have 18446744073709551615 bytes"));
  CHECK_THAT(io_error([] { io::read_safetensors("/dev/null"); }), Contains("it is a device or a pipe"));
  CHECK_THAT(load_bytes_error(with_length("{}", "", 0)), Contains("the header begins with ''; it must be a JSON object"));
}

TEST_CASE("a header that is no JSON of the right form is an IoError") {
  CHECK(load_error("[]") == "the header begins with '['; it must be a JSON object");
  CHECK(load_error(" {}") == "the header begins with ' '; it must be a JSON object");
  CHECK(load_error("{\"x\":") == "the header is not JSON (at its byte 6)");
  CHECK_THAT(load_error("{} {}"), Contains("not JSON"));
  CHECK_THAT(load_error("{\"\xFF\":1}"), Contains("not JSON"));
  CHECK_THAT(load_error("{\"x\":{\"shape\":[1e999]}}"), Contains("not JSON"));
  CHECK(load_error(R"({"x":1})") == "tensor 'x': it is the number 1; it must be an object with dtype, shape and data_offsets");
  CHECK_THAT(load_error(R"({"x":null})"), Contains("tensor 'x': it is null"));
  CHECK_THAT(load_error("{\"x\":" + std::string(1'000'000, '[')), Contains("tensor 'x': it is a list"));
  std::string nested;
  for (int i = 0; i < 100'000; ++i) nested += "{\"a\":";
  CHECK_THAT(load_error(nested), Contains("tensor 'a': the field 'a' is none of dtype, shape and data_offsets"));
  CHECK(load_error(R"({"__metadata__":[]})") == "__metadata__: it is a list; it must be an object of texts");
  CHECK(load_error(R"({"__metadata__":{"k":1}})") == "__metadata__: 'k' is the number 1; it must be a text");
  CHECK(load_error(R"({"__metadata__":{"k":"1","k":"2"}})") == "__metadata__: 'k' is there twice");
  CHECK(load_error(R"({"__metadata__":{},"__metadata__":{}})") == "__metadata__: it is there twice");
}

TEST_CASE("a tensor with wrong fields is an IoError that names it") {
  const std::string good = R"("dtype":"F32","shape":[1],"data_offsets":[0,4])";
  CHECK(load_error(one(good), 4) == "no IoError");
  CHECK(load_error("{\"x\":{" + good + "},\"x\":{" + good + "}}", 4) == "tensor 'x': the header names it twice");
  CHECK(load_error(one(good + R"(,"dtype":"F32")"), 4) == "tensor 'x': the field dtype is there twice");
  CHECK_THAT(load_error(one(good + R"(,"kind":1)"), 4), Contains("the field 'kind' is none of dtype, shape and data_offsets"));
  CHECK(load_error(one(R"("shape":[1],"data_offsets":[0,4])"), 4) == "tensor 'x': it has no dtype");
  CHECK(load_error(one(R"("dtype":"F32","data_offsets":[0,4])"), 4) == "tensor 'x': it has no shape");
  CHECK(load_error(one(R"("dtype":"F32","shape":[1])"), 4) == "tensor 'x': it has no data_offsets");
  CHECK(load_error(one(R"("dtype":7)")) == "tensor 'x': dtype is the number 7; it must be a text");
  CHECK(load_error(one(R"("shape":"1")")) == "tensor 'x': shape is a text; it must be a list of whole numbers");
  CHECK(load_error(one(R"("data_offsets":{})")) == "tensor 'x': data_offsets is an object; it must be a list of whole numbers");
  CHECK(load_error(one(R"("shape":[-1])")) ==
        "tensor 'x': shape holds the negative number -1; it must hold whole numbers from 0 to 2^64 - 1");
  CHECK_THAT(load_error(one(R"("shape":[1.5])")), Contains("shape holds the number '1.5'"));
  CHECK_THAT(load_error(one(R"("shape":[18446744073709551616])")), Contains("shape holds the number '18446744073709551616'"));
  CHECK_THAT(load_error(one(R"("shape":[[1]])")), Contains("shape holds a list"));
  CHECK_THAT(load_error(one(R"("shape":[true])")), Contains("shape holds true or false"));
  CHECK_THAT(load_error(one(R"("shape":[1,1,1,1,1,1,1,1,1])")), Contains("shape has more than 8 axes"));
  CHECK_THAT(load_error(one(R"("dtype":"F32","shape":[1],"data_offsets":[0])")), Contains("data_offsets holds 1 numbers"));
  CHECK_THAT(load_error(one(R"("data_offsets":[0,4,8])")), Contains("data_offsets holds more than two numbers"));
}

TEST_CASE("a tensor that does not fit the file's data is an IoError that names it") {
  CHECK(load_error(one(R"("dtype":"F32","shape":[1],"data_offsets":[0,8])"), 8) ==
        "tensor 'x': data_offsets give it 8 bytes; F32 of shape (1,) takes 4");
  CHECK(load_error(one(R"("dtype":"F32","shape":[1],"data_offsets":[4,0])"), 4) ==
        "tensor 'x': data_offsets begin at 4 and end at 0, before they begin");
  CHECK(load_error(one(R"("dtype":"F32","shape":[2],"data_offsets":[0,8])"), 4) ==
        "tensor 'x': data_offsets end at 8; the file has 4 bytes of data");
  CHECK(load_error(one(R"("dtype":"F32","shape":[1],"data_offsets":[0,4])"), 5) ==
        "the file has 5 bytes of data, but its tensors end at 4");
  CHECK(load_error("{}", 1) == "the file has 1 bytes of data, but its tensors end at 0");
  for (const char* const shape : {"4294967296,4294967296", "4611686018427387904,4", "0,18446744073709551615", "576460752303423488,0",
                                  "288230376151711744", "18446744073709551615"})
    CHECK_THAT(load_error(one(fmt::format(R"("dtype":"F64","shape":[{}],"data_offsets":[0,0])", shape))),
               Contains("more elements than an address space"));
  CHECK(load_error(one(R"("dtype":"F64","shape":[288230376151711743,0],"data_offsets":[0,0])")) == "no IoError");
}

TEST_CASE("a tensor of a dtype that Reel has not does not stop the others") {
  const TemporaryFolder folder;
  // A marker as real files have it, and one with bytes between the others.
  const std::string header =
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F8_E4M3","shape":[2,3],"data_offsets":[4,10]},)"
      R"("c":{"dtype":"I16","shape":[1],"data_offsets":[10,12]},"scaled_fp8":{"dtype":"F8_E4M3","shape":[0],"data_offsets":[4,4]}})";
  const std::string bytes = with_length(header,
                                        std::string("\0\0\xC0\x3F"
                                                    "123456"
                                                    "\x07\0",
                                                    12),
                                        header.size());
  const std::string path = folder.file("m.safetensors", bytes);
  for (const io::Safetensors& file : {io::read_safetensors(path), io::map_safetensors(path), io::parse_safetensors(bytes, "m")}) {
    REQUIRE(file.tensors.size() == 2);
    CHECK(identical(file.tensors.at("a"), values<float>({1}, {1.5F})));
    CHECK(identical(file.tensors.at("c"), values<std::int64_t>({1}, {7})));
    CHECK(file.unreadable == std::map<std::string, std::string>{{"b", "F8_E4M3 of shape (2, 3)"}, {"scaled_fp8", "F8_E4M3 of shape (0,)"}});
  }
  // Its place in the file is checked all the same.
  CHECK_THAT(load_error(one(R"("dtype":"C64","shape":[1],"data_offsets":[0,9])"), 8), Contains("data_offsets end at 9"));
  CHECK_THAT(load_error(one(R"("dtype":"C64","shape":[1],"data_offsets":[0,4])"), 8), Contains("its tensors end at 4"));
}

TEST_CASE("texts are written as JSON has them") {
  const TemporaryFolder folder;
  const std::string path = folder.path("m.safetensors");
  io::write_safetensors(path, {}, {{"k\"\\/", "\b\f\n\r\t\x01\x1f\x7f \xC3\xA4\xF0\x9F\x8E\x9E"}});
  CHECK_THAT(io::read_file(path),
             Contains("{\"__metadata__\":{\"k\\\"\\\\/\":\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f \xC3\xA4\xF0\x9F\x8E\x9E\"}}"));
  CHECK(io::read_safetensors(path).metadata.at("k\"\\/") == "\b\f\n\r\t\x01\x1f\x7f \xC3\xA4\xF0\x9F\x8E\x9E");
  for (const std::string wrong : {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80"})
    CHECK_THAT(io_error([&] { io::write_safetensors(path, {}, {{"a", wrong}}); }), Contains("not UTF-8"));
}

TEST_CASE("tensors that overlap or leave gaps are IoErrors") {
  const auto two = [](const std::string& a, const std::string& b) {
    return R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[)" + a + R"(]},"b":{"dtype":"F32","shape":[1],"data_offsets":[)" + b + "]}}";
  };
  CHECK(load_error(two("4,8", "0,4"), 8) == "no IoError");
  CHECK(load_error(two("0,4", "0,4"), 4) ==
        "tensor 'b': its data begins at 0, but the data before it ends at 4; overlapping is not allowed");
  CHECK_THAT(load_error(two("0,4", "2,6"), 6), Contains("tensor 'b'") && Contains("overlapping"));
  CHECK(load_error(two("0,4", "8,12"), 12) == "tensor 'b': its data begins at 8, but the data before it ends at 4; a gap is not allowed");
  CHECK_THAT(load_error(two("4,8", "8,12"), 12), Contains("tensor 'a'") && Contains("a gap"));
}

TEST_CASE("a bool that is neither 0 nor 1 is an IoError") {
  const std::string header = one(R"("dtype":"BOOL","shape":[3],"data_offsets":[0,3])");
  CHECK_THAT(load_bytes_error(with_length(header, std::string("\1\0\2", 3), header.size())),
             Contains("tensor 'x': a bool is a byte other than 0 and 1"));
}

TEST_CASE("a mapped safetensors file has the arrays that a read one has, without a copy") {
  const TemporaryFolder folder;
  for (const std::string name : {"reference", "reference_native"}) {
    const std::string path = std::string(REEL_TEST_DATA) + "/" + name + ".safetensors";
    const io::Safetensors read = io::read_safetensors(path), mapped = io::map_safetensors(path),
                          parsed = io::parse_safetensors(io::read_file(path), "memory");
    CHECK(mapped.metadata == read.metadata);
    REQUIRE(mapped.tensors.size() == read.tensors.size());
    REQUIRE(parsed.tensors.size() == read.tensors.size());
    for (const auto& [tensor, array] : read.tensors) {
      CHECK(identical(mapped.tensors.at(tensor), array));
      CHECK(identical(parsed.tensors.at(tensor), array));
    }
  }
  const std::string path = folder.path("a.safetensors");
  io::write_safetensors(
      path, {{"a", Array::range(0, 4)}, {"b", Array::full({3}, 0.5, float64)}, {"c", Array::full({5}, 2)}, {"none", Array({0}, float64)}});
  const std::string before = io::read_file(path);
  std::map<std::string, Array> arrays = io::map_safetensors(path).tensors;  // outlive the mapping
  // The data follow each other as in the file.
  CHECK(static_cast<const char*>(arrays.at("b").raw()) - static_cast<const char*>(arrays.at("a").raw()) == 32);
  CHECK(static_cast<const char*>(arrays.at("c").raw()) - static_cast<const char*>(arrays.at("b").raw()) == 24);
  arrays.at("b").mutable_data<double>()[1] = 7;  // in this array only
  CHECK(arrays.at("b").at<double>({1}) == 7);
  CHECK(identical(arrays.at("a"), Array::range(0, 4)));
  CHECK(io::read_file(path) == before);
  io::write_safetensors(path, {{"other", Array::range(0, 9)}});  // replaces the file, not the one that is mapped
  CHECK(identical(arrays.at("c"), Array::full({5}, 2)));
}

TEST_CASE("what does not lie at a multiple of its size is copied from a mapped file, and damage is refused") {
  const TemporaryFolder folder;
  const std::string header =
      R"({"a":{"dtype":"F64","shape":[1],"data_offsets":[1,9]},"b":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}})";
  const auto file = [&](char flag) {
    const double value = 2.5;
    std::string bytes(8, '\0');
    bytes[0] = static_cast<char>(header.size());
    bytes += header + flag + std::string(reinterpret_cast<const char*>(&value), 8);
    return folder.file("m.safetensors", bytes);
  };
  const io::Safetensors mapped = io::map_safetensors(file('\1'));
  CHECK(mapped.tensors.at("a").at<double>({0}) == 2.5);
  CHECK(mapped.tensors.at("b").at<bool>({0}));
  CHECK(io_error([&] { io::map_safetensors(file('\2')); }).ends_with("m.safetensors: tensor 'b': a bool is a byte other than 0 and 1"));
  CHECK(io_error([&] {
          io::map_safetensors(folder.file("m.safetensors", ""));
        }).ends_with("the file has 0 bytes; a safetensors file begins with 8 bytes, the header's length"));
  CHECK(io_error([&] { io::map_safetensors("/dev/null"); }) == "cannot map /dev/null: it is a device or a pipe, not a file");
}
