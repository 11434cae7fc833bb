#include <reel/core/io/npy.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <reel/core/error.hpp>
#include <reel/core/io/detail/elements.hpp>
#include <reel/core/io/detail/names.hpp>
#include <reel/core/io/detail/npy_header.hpp>
#include <reel/core/io/file.hpp>
#include <reel/core/io/source.hpp>
#include <reel/core/kernels/manipulation.hpp>

namespace reel::io {

namespace {

static_assert(std::endian::native == std::endian::little, "NumPy's names of dtypes are written for a little-endian machine");

/// NumPy's name of a dtype without the byte order.
struct NamedElement {
  std::string_view name;
  const Element* element;
};

constexpr std::array named_elements{
    NamedElement{"f4", &element::f32},     NamedElement{"f8", &element::f64}, NamedElement{"i8", &element::i64},
    NamedElement{"b1", &element::boolean}, NamedElement{"f2", &element::f16}, NamedElement{"i1", &element::i8},
    NamedElement{"u1", &element::u8},      NamedElement{"i2", &element::i16}, NamedElement{"u2", &element::u16},
    NamedElement{"i4", &element::i32},     NamedElement{"u4", &element::u32},
};

std::string_view descr_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::float32: return "<f4";
    case Dtype::float64: return "<f8";
    case Dtype::int64: return "<i8";
    default: return "|b1";
  }
}

const Element& element_of(const std::string& descr, const std::string& name) {
  constexpr std::string_view orders = "<>=|";
  const bool has_order = !descr.empty() && orders.find(descr[0]) != orders.npos;
  const auto found = std::find_if(named_elements.begin(), named_elements.end(),
                                  [&](const NamedElement& e) { return has_order && e.name == std::string_view(descr).substr(1); });
  if (found == named_elements.end())
    throw IoError(fmt::format("{}: dtype {} cannot be read; f2, f4, f8, i1, i2, i4, i8, u1, u2, u4 and b1 can, with < > = or | in front",
                              name, in_quotes(descr)));
  return *found->element;
}

/// The axes in the opposite order.
Array transposed(const Array& x) {
  Ints axes;
  for (std::size_t axis = x.rank(); axis-- > 0;) axes.push_back(static_cast<std::ptrdiff_t>(axis));
  return kernels::permute(x, axes);
}

/// Reads a whole header, and no byte beyond it. The signatures of other formats are not longer than this.
template <class File>
NpyHeader read_header(File& file, const std::string& name) {
  std::string head;
  const auto read_up_to = [&](std::size_t bytes) {
    const std::size_t before = head.size();
    head.resize(std::max(before, bytes));
    head.resize(before + file.read(head.data() + before, head.size() - before));
  };
  read_up_to(8);
  if (head.starts_with("\x93NUMPY")) read_up_to(npy_prefix_bytes(head));
  else read_up_to(512);
  read_up_to(npy_data_begin(head, *file.size(), name));
  return parse_npy_header(head, name);
}

template <class File>
Array read(File& file, const std::string& name) {
  const NpyHeader header = read_header(file, name);
  const Element& type = element_of(header.descr, name);
  const std::optional<std::uint64_t> elements = element_count(header.shape);
  if (!elements) throw IoError(fmt::format("{}: shape ({}) has more elements than an address space", name, fmt::join(header.shape, ", ")));
  Shape shape;
  for (const std::uint64_t length : header.shape) shape.push_back(length);
  const std::size_t bytes = *file.size() - header.data_begin;
  if (bytes != *elements * type.size)
    throw IoError(
        fmt::format("{}: it has {} bytes of data; {} of shape {} takes {}", name, bytes, header.descr, shape, *elements * type.size));
  Shape stored = shape;
  if (header.fortran_order)
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) stored[axis] = shape[shape.rank() - 1 - axis];
  Array result(stored, type.dtype);
  if (!read_elements(file, type, header.descr[0] == '>', result))
    throw IoError(fmt::format("{}: the file became shorter while it was read", name));
  if (&type == &element::boolean && !are_bools(static_cast<const char*>(result.raw()), result.size()))
    throw IoError(fmt::format("{}: a bool is a byte other than 0 and 1", name));
  return header.fortran_order && shape.rank() > 1 ? transposed(result) : result;
}

}  // namespace

Array parse_npy(std::string_view bytes, const std::string& name, SourceLocation at) {
  Memory memory(bytes);
  return detail::placed(at, [&] { return read(memory, name); });
}

Array read_npy(const std::string& path, SourceLocation at) {
  return detail::placed(at, [&] {
    InputFile file(path);
    if (file.size().value_or(0) > 0) return read(file, path);
    return parse_npy(read_file(path, {}), path, {});  // a pipe, or a file of /proc, whose size reading finds
  });
}

std::string npy_header(const Array& array) {
  std::string shape;
  for (const std::size_t length : array.shape()) shape += fmt::format("{}{}", shape.empty() ? "" : ", ", length);
  std::string dict = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}", descr_of(array.dtype()), shape,
                                 array.rank() == 1 ? "," : "");
  // Spaces and a newline, so that the elements begin at a multiple of 64.
  constexpr std::size_t before = 10;
  dict.resize((before + dict.size() + 1 + 63) / 64 * 64 - before - 1, ' ');
  dict += '\n';
  const std::string length{static_cast<char>(dict.size() & 0xFFU), static_cast<char>(dict.size() >> 8U)};
  return std::string("\x93NUMPY\x01\x00", 8) + length + dict;
}

void write_npy(const std::string& path, const Array& array, SourceLocation at) {
  detail::placed(at, [&] {
    check_ending(path, ".npy", "write_npy", "a NumPy file");
    AtomicFile file(path);
    file.write(npy_header(array));
    file.write(array.raw(), array.bytes());
    file.commit();
  });
}

}  // namespace reel::io
