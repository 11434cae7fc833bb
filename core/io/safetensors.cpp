#include <reel/core/io/safetensors.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <reel/core/error.hpp>
#include <reel/core/io/detail/elements.hpp>
#include <reel/core/io/detail/foreign.hpp>
#include <reel/core/io/detail/mapping.hpp>
#include <reel/core/io/detail/names.hpp>
#include <reel/core/io/detail/safetensors_header.hpp>
#include <reel/core/io/detail/utf8.hpp>
#include <reel/core/io/file.hpp>
#include <reel/core/io/source.hpp>

namespace reel::io {

namespace {

static_assert(std::endian::native == std::endian::little, "safetensors data is little-endian and is copied as it is");

/// A type of the format by its name.
struct StoredType {
  std::string_view name;
  const Element* element;
};

constexpr std::array stored_types{
    StoredType{"F32", &element::f32},      StoredType{"F64", &element::f64}, StoredType{"I64", &element::i64},
    StoredType{"BOOL", &element::boolean}, StoredType{"F16", &element::f16}, StoredType{"BF16", &element::bf16},
    StoredType{"I8", &element::i8},        StoredType{"U8", &element::u8},   StoredType{"I16", &element::i16},
    StoredType{"U16", &element::u16},      StoredType{"I32", &element::i32}, StoredType{"U32", &element::u32},
};

/// A tensor whose place in the file has been checked.
struct Stored {
  const std::string* name;
  const Element* type;  // null for a dtype that cannot be read
  Shape shape;
  std::uint64_t begin, end;
};

/// A file that has been checked as a whole; the tensors are in the order of their data.
struct Contents {
  SafetensorsHeader header;
  std::vector<Stored> tensors;
  std::map<std::string, std::string> unreadable;  // as Safetensors has them
  std::size_t data_begin;                         // in the file
};

template <class File>
class Reader {
 public:
  Reader(const std::string& path, File& file) : path_(path), file_(file) {}
  Safetensors read();
  Contents read_contents();
  [[noreturn]] void fail_bool(const std::string& tensor) const { fail(tensor, "a bool is a byte other than 0 and 1"); }

 private:
  [[noreturn]] void fail(std::string_view rule) const { throw IoError(fmt::format("{}: {}", path_, rule)); }
  [[noreturn]] void fail(const std::string& tensor, std::string_view rule) const {
    throw IoError(fmt::format("{}: tensor {}: {}", path_, in_quotes(tensor), rule));
  }
  std::string read_header();
  /// Describes the format of a file whose first eight bytes, which have been read, are not the length of a header.
  std::string looks_like(std::uint64_t length);
  Stored check(const std::string& name, const TensorEntry& entry) const;
  void check_layout(const std::vector<Stored>& tensors) const;
  Array load(const Stored& tensor);
  void read_exactly(void* target, std::size_t bytes);
  void skip(std::size_t bytes);

  const std::string& path_;
  File& file_;
  std::uint64_t data_bytes_ = 0;
};

template <class File>
std::string Reader<File>::read_header() {
  if (!file_.size()) fail("it is a device or a pipe; a safetensors file has a size that its header can be checked against");
  const std::uint64_t size = *file_.size();
  std::uint64_t length = 0;
  if (size < sizeof length) fail(fmt::format("the file has {} bytes; a safetensors file begins with 8 bytes, the header's length", size));
  read_exactly(&length, sizeof length);
  if (length > longest_header)
    fail(fmt::format("the header is said to have {} bytes; at most {} are allowed, so it is no safetensors file{}", length, longest_header,
                     looks_like(length)));
  if (length > size - sizeof length)
    fail(fmt::format("the header is said to have {} bytes; the file has {} after the length{}", length, size - sizeof length,
                     looks_like(length)));
  data_bytes_ = size - sizeof length - length;
  std::string header(length, ' ');
  read_exactly(header.data(), length);
  return header;
}

template <class File>
std::string Reader<File>::looks_like(std::uint64_t length) {
  std::string start(512, '\0');
  std::memcpy(start.data(), &length, sizeof length);
  start.resize(sizeof length + file_.read(start.data() + sizeof length, start.size() - sizeof length));
  return start.size() > sizeof length && start[sizeof length] == '{' ? std::string() : io::looks_like(start);  // '{': it is cut short
}

template <class File>
void Reader<File>::read_exactly(void* target, std::size_t bytes) {
  if (file_.read(target, bytes) != bytes) fail("the file became shorter while it was read");
}

template <class File>
void Reader<File>::skip(std::size_t bytes) {
  std::array<char, 1U << 14U> chunk;
  for (std::size_t n = 0; bytes > 0; bytes -= n) read_exactly(chunk.data(), n = std::min(bytes, chunk.size()));
}

template <class File>
Stored Reader<File>::check(const std::string& name, const TensorEntry& entry) const {
  const auto type = std::find_if(stored_types.begin(), stored_types.end(), [&](const StoredType& t) { return t.name == entry.dtype; });
  Shape shape;
  const std::optional<std::uint64_t> elements = element_count(entry.shape);
  if (!elements) fail(name, fmt::format("shape ({}) has more elements than an address space", fmt::join(entry.shape, ", ")));
  for (const std::uint64_t length : entry.shape) shape.push_back(length);
  const std::uint64_t begin = entry.offsets[0], end = entry.offsets[1];
  if (begin > end) fail(name, fmt::format("data_offsets begin at {} and end at {}, before they begin", begin, end));
  if (end > data_bytes_) fail(name, fmt::format("data_offsets end at {}; the file has {} bytes of data", end, data_bytes_));
  if (type == stored_types.end()) return {&name, nullptr, shape, begin, end};
  if (const std::uint64_t bytes = *elements * type->element->size; end - begin != bytes)
    fail(name, fmt::format("data_offsets give it {} bytes; {} of shape {} takes {}", end - begin, type->name, shape, bytes));
  return {&name, type->element, shape, begin, end};
}

/// Tensors in the order of their data must follow each other from the first byte to the last.
template <class File>
void Reader<File>::check_layout(const std::vector<Stored>& tensors) const {
  std::uint64_t position = 0;
  for (const Stored& tensor : tensors) {
    if (tensor.begin != position)
      fail(*tensor.name, fmt::format("its data begins at {}, but the data before it ends at {}; {} is not allowed", tensor.begin, position,
                                     tensor.begin < position ? "overlapping" : "a gap"));
    position = tensor.end;
  }
  if (position != data_bytes_) fail(fmt::format("the file has {} bytes of data, but its tensors end at {}", data_bytes_, position));
}

template <class File>
Array Reader<File>::load(const Stored& tensor) {
  Array result(tensor.shape, tensor.type->dtype);
  if (!read_elements(file_, *tensor.type, false, result)) fail("the file became shorter while it was read");
  if (tensor.type == &element::boolean && !are_bools(static_cast<const char*>(result.raw()), result.size())) fail_bool(*tensor.name);
  return result;
}

template <class File>
Contents Reader<File>::read_contents() {
  const std::string header = read_header();
  Contents result{parse_safetensors_header(path_, header), {}, {}, sizeof(std::uint64_t) + header.size()};
  for (const auto& [name, entry] : result.header.tensors) result.tensors.push_back(check(name, entry));
  std::sort(result.tensors.begin(), result.tensors.end(),
            [](const Stored& a, const Stored& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  check_layout(result.tensors);
  for (const Stored& tensor : result.tensors)
    if (!tensor.type)
      result.unreadable.emplace(*tensor.name, fmt::format("{} of shape {}", result.header.tensors.at(*tensor.name).dtype, tensor.shape));
  return result;
}

template <class File>
Safetensors Reader<File>::read() {
  Contents contents = read_contents();
  Safetensors result{{}, std::move(contents.header.metadata), std::move(contents.unreadable)};
  for (const Stored& tensor : contents.tensors) {
    if (tensor.type) result.tensors.emplace(*tensor.name, load(tensor));
    else skip(tensor.end - tensor.begin);
  }
  return result;
}

/// A tensor whose bytes are in a mapped file: these bytes themselves if they are stored as the Array's elements and are aligned.
Array take(const Stored& tensor, const Mapping& mapping, std::size_t data_begin) {
  char* const source = mapping.data() + data_begin + tensor.begin;
  const bool aligned = reinterpret_cast<std::uintptr_t>(source) % tensor.type->size == 0;
  const std::size_t elements = tensor.shape.elements();
  if (tensor.type->as_is && tensor.type != &element::boolean && aligned && elements > 0)
    return mapping.array(tensor.shape, tensor.type->dtype, source);
  Array result(tensor.shape, tensor.type->dtype);
  tensor.type->decode(source, elements, false, result.mutable_raw());
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

/// Returns a text as a JSON string, with the escapes that the reference implementation writes. Throws IoError for one that is not UTF-8.
std::string json_text(std::string_view text, const std::string& path) {
  std::string json = "\"";
  for (std::string_view left = text; !left.empty();) {
    const std::optional<Utf8Character> character = first_character(left);
    if (!character)
      throw IoError(fmt::format("{}: the name or metadata text {} is not UTF-8, which the format asks for", path, in_quotes(text)));
    constexpr std::string_view special = "\"\\\b\f\n\r\t", escapes = "\"\\bfnrt";
    if (const std::size_t at = special.find(left[0]); at != special.npos) json += {'\\', escapes[at]};
    else if (character->code < 0x20) json += fmt::format("\\u{:04x}", static_cast<unsigned>(character->code));
    else json += left.substr(0, character->bytes);
    left.remove_prefix(character->bytes);
  }
  return json + '"';
}

/// Written by hand: the destructor of a JSON library's document allocates, and so ends the program where memory has run out.
std::string header_of(const std::string& path, const std::vector<const Named*>& tensors,
                      const std::map<std::string, std::string>& metadata) {
  std::vector<std::string> members;
  if (!metadata.empty()) {
    std::vector<std::string> texts;
    for (const auto& [key, text] : metadata) texts.push_back(json_text(key, path) + ':' + json_text(text, path));
    members.push_back(fmt::format("\"{}\":{{{}}}", metadata_name, fmt::join(texts, ",")));
  }
  std::size_t begin = 0;
  for (const Named* const tensor : tensors) {
    const auto& [name, array] = *tensor;
    members.push_back(fmt::format(R"({}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})", json_text(name, path),
                                  stored_as(array.dtype()).first, fmt::join(array.shape().begin(), array.shape().end(), ","), begin,
                                  begin + array.bytes()));
    begin += array.bytes();
  }
  std::string header = fmt::format("{{{}}}", fmt::join(members, ","));
  header.resize((header.size() + 7) / 8 * 8, ' ');
  return header;
}

Safetensors map(const std::string& path) {
  const Mapping mapping(path);
  Memory memory(mapping.bytes());
  Reader reader(path, memory);
  Contents contents = reader.read_contents();
  Safetensors result{{}, std::move(contents.header.metadata), std::move(contents.unreadable)};
  for (const Stored& tensor : contents.tensors) {
    if (!tensor.type) continue;
    const char* const source = mapping.data() + contents.data_begin + tensor.begin;
    if (tensor.type == &element::boolean && !are_bools(source, tensor.shape.elements())) reader.fail_bool(*tensor.name);
    result.tensors.emplace(*tensor.name, take(tensor, mapping, contents.data_begin));
  }
  return result;
}

void write(const std::string& path, const Arrays& tensors, const std::map<std::string, std::string>& metadata) {
  check_ending(path, ".safetensors", "write_safetensors", "a safetensors file");
  if (tensors.contains(std::string(metadata_name)))
    throw IoError(fmt::format("{}: a tensor cannot be named {}; the format keeps that name for itself", path, metadata_name));
  std::vector<const Named*> order;
  for (const Named& tensor : tensors) order.push_back(&tensor);
  // Wider types first keeps every tensor aligned to its element. The map has sorted the names.
  std::stable_sort(order.begin(), order.end(), [](const Named* a, const Named* b) {
    return stored_as(a->second.dtype()).second < stored_as(b->second.dtype()).second;
  });
  const std::string header = header_of(path, order, metadata);
  if (header.size() > longest_header)
    throw IoError(fmt::format("{}: the header would have {} bytes; the format allows {}", path, header.size(), longest_header));
  const std::uint64_t length = header.size();
  AtomicFile file(path);
  file.write(&length, sizeof length);
  file.write(header);
  for (const Named* const tensor : order) file.write(tensor->second.raw(), tensor->second.bytes());
  file.commit();
}

}  // namespace

Safetensors read_safetensors(const std::string& path, SourceLocation at) {
  return detail::placed(at, [&] {
    InputFile file(path);
    return Reader(path, file).read();
  });
}

Safetensors parse_safetensors(std::string_view bytes, const std::string& name, SourceLocation at) {
  return detail::placed(at, [&] {
    Memory memory(bytes);
    return Reader(name, memory).read();
  });
}

Safetensors map_safetensors(const std::string& path, SourceLocation at) {
  return detail::placed(at, [&] { return map(path); });
}

void write_safetensors(const std::string& path, const Arrays& tensors, const std::map<std::string, std::string>& metadata,
                       SourceLocation at) {
  detail::placed(at, [&] { write(path, tensors, metadata); });
}

}  // namespace reel::io
