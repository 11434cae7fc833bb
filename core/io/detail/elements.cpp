#include <reel/core/io/detail/elements.hpp>

#include <algorithm>
#include <bit>
#include <cstring>
#include <type_traits>

namespace reel::io {

namespace {

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

/// std::byteswap is C++23's.
template <class T>
void reverse_bytes(T& value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  std::reverse(bytes, bytes + sizeof(T));
  std::memcpy(&value, bytes, sizeof(T));
}

template <class From, class To, To (*convert)(From) = widen<From, To>>
void decode_all(const char* source, std::size_t count, bool swapped, void* target) {
  if (std::is_same_v<From, To> && !swapped) {
    if (count > 0) std::memcpy(target, source, count * sizeof(From));
    return;
  }
  for (std::size_t i = 0; i < count; ++i) {
    From value;
    std::memcpy(&value, source + i * sizeof(From), sizeof(From));
    if (swapped) reverse_bytes(value);
    static_cast<To*>(target)[i] = convert(value);
  }
}

}  // namespace

namespace element {
const Element f32{4, float32, decode_all<float, float>, true};
const Element f64{8, float64, decode_all<double, double>, true};
const Element i64{8, int64, decode_all<std::int64_t, std::int64_t>, true};
const Element boolean{1, Dtype::boolean, decode_all<char, char>, true};
const Element f16{2, float32, decode_all<std::uint16_t, float, from_half>, false};
const Element bf16{2, float32, decode_all<std::uint16_t, float, from_bfloat>, false};
const Element i8{1, int64, decode_all<std::int8_t, std::int64_t>, false};
const Element u8{1, int64, decode_all<std::uint8_t, std::int64_t>, false};
const Element i16{2, int64, decode_all<std::int16_t, std::int64_t>, false};
const Element u16{2, int64, decode_all<std::uint16_t, std::int64_t>, false};
const Element i32{4, int64, decode_all<std::int32_t, std::int64_t>, false};
const Element u32{4, int64, decode_all<std::uint32_t, std::int64_t>, false};
}  // namespace element

bool are_bools(const char* source, std::size_t count) {
  return std::all_of(source, source + count, [](char byte) { return byte == 0 || byte == 1; });
}

std::optional<std::uint64_t> element_count(std::span<const std::uint64_t> lengths) {
  std::uint64_t elements = 1;
  // An Array has at most 2^62 bytes, before a later length of 0 counts too, and an element may take eight.
  for (const std::uint64_t length : lengths)
    if (__builtin_mul_overflow(elements, length, &elements) || elements >> 58U || length >> 58U) return {};
  return elements;
}

}  // namespace reel::io
