#pragma once
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string_view>
#include <type_traits>

namespace reel {

/// Any number type of C++.
template <class T>
concept Number = std::is_arithmetic_v<T>;

/// The element types that an Array can hold.
enum class Dtype : std::uint8_t { float32, float64, int64, boolean };

inline constexpr Dtype float32 = Dtype::float32;
inline constexpr Dtype float64 = Dtype::float64;
inline constexpr Dtype int64 = Dtype::int64;
inline constexpr Dtype boolean = Dtype::boolean;

/// Bytes of one element.
constexpr std::size_t size_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::float32: return 4;
    case Dtype::boolean: return 1;
    default: return 8;
  }
}

constexpr bool is_floating(Dtype dtype) { return dtype == Dtype::float32 || dtype == Dtype::float64; }

/// "float32", "float64", "int64" or "bool".
constexpr std::string_view name_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::float32: return "float32";
    case Dtype::float64: return "float64";
    case Dtype::int64: return "int64";
    case Dtype::boolean: return "bool";
  }
  return "?";
}

/// Writes the name of the dtype.
std::ostream& operator<<(std::ostream& out, Dtype dtype);

/// The dtype of the result of an op on a and b, by PyTorch's rules: bool < int64 < float32 < float64. An int64 beside float32 becomes
/// float32, which rounds whole numbers above 2^24.
constexpr Dtype promote(Dtype a, Dtype b) {
  if (a == b) return a;
  constexpr int order[] = {2, 3, 1, 0};  // of float32, float64, int64, bool
  return order[static_cast<int>(a)] > order[static_cast<int>(b)] ? a : b;
}

/// The Dtype of a C++ element type: float, double, std::int64_t or bool.
template <class T>
constexpr Dtype dtype_of() {
  if constexpr (std::is_same_v<T, float>) {
    return Dtype::float32;
  } else if constexpr (std::is_same_v<T, double>) {
    return Dtype::float64;
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    return Dtype::int64;
  } else {
    static_assert(std::is_same_v<T, bool>, "Reel's element types are float, double, std::int64_t and bool");
    return Dtype::boolean;
  }
}

/// Calls f with a value of the C++ type that stands for dtype: `visit(d, [](auto t) { using T = decltype(t); ... })`.
template <class F>
decltype(auto) visit(Dtype dtype, F&& f) {
  switch (dtype) {
    case Dtype::float32: return f(float{});
    case Dtype::float64: return f(double{});
    case Dtype::int64: return f(std::int64_t{});
    default: return f(bool{});
  }
}

}  // namespace reel
