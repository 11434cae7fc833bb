#include <reel/core/io/safetensors.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <reel/core/error.hpp>
#include <reel/core/io/file.hpp>
#include <reel/core/io/names.hpp>
#include <reel/core/io/safetensors_header.hpp>

namespace reel::io {

namespace {

static_assert(std::endian::native == std::endian::little, "safetensors data is little-endian and is copied as it is");

/// IEEE 754 binary16 to binary32, exactly.
float from_half(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000U) << 16U;
  const std::uint32_t exponent = (half >> 10U) & 0x1FU, fraction = half & 0x3FFU;
  if (exponent == 0) {  // zero and subnormals: a multiple of 2^-24
    const float value = static_cast<float>(fraction) * 0x1p-24F;
    return sign ? -value : value;
  }
  const std::uint32_t wide = exponent == 0x1FU ? 0xFFU : exponent + (127 - 15);
  return std::bit_cast<float>(sign | wide << 23U | fraction << 13U);
}

float from_bfloat(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U); }

template <class From, class To>
To widen(From value) {
  return value;
}

/// Converts `count` packed elements of type From.
template <class From, class To, To (*convert)(From) = widen<From, To>>
void convert_all(const char* source, std::size_t count, void* target) {
  for (std::size_t i = 0; i < count; ++i) {
    From value;
    std::memcpy(&value, source + i * sizeof(From), sizeof(From));
    static_cast<To*>(target)[i] = convert(value);
  }
}

/// A type of the format: its name, the bytes of an element, what it becomes, and how where that is not the same bits.
struct StoredType {
  std::string_view name;
  std::size_t size;
  Dtype dtype;
  void (*convert)(const char* source, std::size_t count, void* target) = nullptr;
};

constexpr std::array stored_types{
    StoredType{"F32", 4, float32},
    StoredType{"F64", 8, float64},
    StoredType{"I64", 8, int64},
    StoredType{"BOOL", 1, boolean},
    StoredType{"F16", 2, float32, convert_all<std::uint16_t, float, from_half>},
    StoredType{"BF16", 2, float32, convert_all<std::uint16_t, float, from_bfloat>},
    StoredType{"I8", 1, int64, convert_all<std::int8_t, std::int64_t>},
    StoredType{"U8", 1, int64, convert_all<std::uint8_t, std::int64_t>},
    StoredType{"I16", 2, int64, convert_all<std::int16_t, std::int64_t>},
    StoredType{"U16", 2, int64, convert_all<std::uint16_t, std::int64_t>},
    StoredType{"I32", 4, int64, convert_all<std::int32_t, std::int64_t>},
    StoredType{"U32", 4, int64, convert_all<std::uint32_t, std::int64_t>},
};

/// A tensor whose place in the file has been checked.
struct Stored {
  const std::string* name;
  const StoredType* type;
  Shape shape;
  std::uint64_t begin, end;
};

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path), file_(path) {}
  Safetensors read();

 private:
  [[noreturn]] void fail(std::string_view rule) const { throw IoError(fmt::format("{}: {}", path_, rule)); }
  [[noreturn]] void fail(const std::string& tensor, std::string_view rule) const {
    throw IoError(fmt::format("{}: tensor {}: {}", path_, in_quotes(tensor), rule));
  }
  std::string read_header();
  Stored check(const std::string& name, const TensorEntry& entry) const;
  void check_layout(const std::vector<Stored>& tensors) const;
  Array load(const Stored& tensor);
  void read_exactly(void* target, std::size_t bytes);

  const std::string& path_;
  InputFile file_;
  std::uint64_t data_bytes_ = 0;
};

std::string Reader::read_header() {
  if (!file_.size()) fail("it is a device or a pipe; a safetensors file has a size that its header can be checked against");
  const std::uint64_t size = *file_.size();
  std::uint64_t length = 0;
  if (size < sizeof length) fail(fmt::format("the file has {} bytes; a safetensors file begins with 8 bytes, the header's length", size));
  read_exactly(&length, sizeof length);
  if (length > longest_header) fail(fmt::format("the header is said to have {} bytes; at most {} are allowed", length, longest_header));
  if (length > size - sizeof length)
    fail(fmt::format("the header is said to have {} bytes; the file has {} after the length", length, size - sizeof length));
  data_bytes_ = size - sizeof length - length;
  std::string header(length, ' ');
  read_exactly(header.data(), length);
  return header;
}

void Reader::read_exactly(void* target, std::size_t bytes) {
  if (file_.read(target, bytes) != bytes) fail("the file became shorter while it was read");
}

Stored Reader::check(const std::string& name, const TensorEntry& entry) const {
  const auto type = std::find_if(stored_types.begin(), stored_types.end(), [&](const StoredType& t) { return t.name == entry.dtype; });
  if (type == stored_types.end())
    fail(name,
         fmt::format("dtype {} cannot be read; F64, F32, F16, BF16, I64, I32, I16, I8, U32, U16, U8 and BOOL can", in_quotes(entry.dtype)));
  Shape shape;
  std::uint64_t elements = 1;
  for (const std::uint64_t length : entry.shape) {
    // An Array has at most 2^62 bytes, before a later length of 0 counts too, and an element may take eight.
    if (__builtin_mul_overflow(elements, length, &elements) || elements >> 58U || length >> 58U)
      fail(name, fmt::format("shape ({}) has more elements than an address space", fmt::join(entry.shape, ", ")));
    shape.push_back(length);
  }
  const std::uint64_t begin = entry.offsets[0], end = entry.offsets[1], bytes = elements * type->size;
  if (begin > end) fail(name, fmt::format("data_offsets begin at {} and end at {}, before they begin", begin, end));
  if (end > data_bytes_) fail(name, fmt::format("data_offsets end at {}; the file has {} bytes of data", end, data_bytes_));
  if (end - begin != bytes)
    fail(name, fmt::format("data_offsets give it {} bytes; {} of shape {} takes {}", end - begin, type->name, shape, bytes));
  return {&name, &*type, shape, begin, end};
}

/// Tensors in the order of their data must follow each other from the first byte to the last.
void Reader::check_layout(const std::vector<Stored>& tensors) const {
  std::uint64_t position = 0;
  for (const Stored& tensor : tensors) {
    if (tensor.begin != position)
      fail(*tensor.name, fmt::format("its data begins at {}, but the data before it ends at {}; {} is not allowed", tensor.begin, position,
                                     tensor.begin < position ? "overlapping" : "a gap"));
    position = tensor.end;
  }
  if (position != data_bytes_) fail(fmt::format("the file has {} bytes of data, but its tensors end at {}", data_bytes_, position));
}

Array Reader::load(const Stored& tensor) {
  Array result(tensor.shape, tensor.type->dtype);
  auto* target = static_cast<char*>(result.mutable_raw());
  if (!tensor.type->convert) {
    read_exactly(target, result.bytes());
    if (result.dtype() == boolean && std::any_of(target, target + result.size(), [](char byte) { return byte != 0 && byte != 1; }))
      fail(*tensor.name, "a bool is a byte other than 0 and 1");
    return result;
  }
  std::array<char, 1U << 14U> chunk;
  const std::size_t most = chunk.size() / tensor.type->size;
  for (std::size_t done = 0; done < result.size();) {
    const std::size_t n = std::min(most, result.size() - done);
    read_exactly(chunk.data(), n * tensor.type->size);
    tensor.type->convert(chunk.data(), n, target + done * size_of(result.dtype()));
    done += n;
  }
  return result;
}

Safetensors Reader::read() {
  SafetensorsHeader header = parse_safetensors_header(path_, read_header());
  std::vector<Stored> tensors;
  for (const auto& [name, entry] : header.tensors) tensors.push_back(check(name, entry));
  std::sort(tensors.begin(), tensors.end(),
            [](const Stored& a, const Stored& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  check_layout(tensors);
  Safetensors result{{}, std::move(header.metadata)};
  for (const Stored& tensor : tensors) result.tensors.emplace(*tensor.name, load(tensor));
  return result;
}

/// The format's name of a dtype, and its rank in the order that the reference implementation writes tensors in.
std::pair<std::string_view, int> stored_as(Dtype dtype) {
  switch (dtype) {
    case Dtype::int64: return {"I64", 0};
    case Dtype::float64: return {"F64", 1};
    case Dtype::float32: return {"F32", 2};
    default: return {"BOOL", 3};
  }
}

using Named = Arrays::value_type;

std::string header_of(const std::vector<const Named*>& tensors, const std::map<std::string, std::string>& metadata) {
  std::vector<std::string> members;
  if (!metadata.empty()) members.push_back(fmt::format("\"{}\":{}", metadata_name, nlohmann::json(metadata).dump()));
  std::size_t begin = 0;
  for (const Named* const tensor : tensors) {
    const auto& [name, array] = *tensor;
    members.push_back(fmt::format(R"({}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})", nlohmann::json(name).dump(),
                                  stored_as(array.dtype()).first, fmt::join(array.shape().begin(), array.shape().end(), ","), begin,
                                  begin + array.bytes()));
    begin += array.bytes();
  }
  std::string header = fmt::format("{{{}}}", fmt::join(members, ","));
  header.resize((header.size() + 7) / 8 * 8, ' ');
  return header;
}

}  // namespace

Safetensors read_safetensors(const std::string& path) { return Reader(path).read(); }

void write_safetensors(const std::string& path, const Arrays& tensors, const std::map<std::string, std::string>& metadata) {
  if (tensors.contains(std::string(metadata_name)))
    throw IoError(fmt::format("{}: a tensor cannot be named {}; the format keeps that name for itself", path, metadata_name));
  std::vector<const Named*> order;
  for (const Named& tensor : tensors) order.push_back(&tensor);
  // Wider types first keeps every tensor aligned to its element. The map has sorted the names.
  std::stable_sort(order.begin(), order.end(), [](const Named* a, const Named* b) {
    return stored_as(a->second.dtype()).second < stored_as(b->second.dtype()).second;
  });
  std::string header;
  try {
    header = header_of(order, metadata);
  } catch (const nlohmann::json::exception&) {
    throw IoError(fmt::format("{}: a name or a metadata text is not UTF-8, which the format asks for", path));
  }
  if (header.size() > longest_header)
    throw IoError(fmt::format("{}: the header would have {} bytes; the format allows {}", path, header.size(), longest_header));
  const std::uint64_t length = header.size();
  AtomicFile file(path);
  file.write(&length, sizeof length);
  file.write(header);
  for (const Named* const tensor : order) file.write(tensor->second.raw(), tensor->second.bytes());
  file.commit();
}

}  // namespace reel::io
