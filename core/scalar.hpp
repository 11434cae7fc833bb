#pragma once
#include <cstdint>
#include <limits>

#include <reel/core/dtype.hpp>

namespace reel {

namespace detail {
/// x rounded towards zero. Throws Error when x is NaN, infinite or beyond the range of int64.
std::int64_t to_int64(double x);
}  // namespace detail

/// A number in the source of a program: an operand, a fill value, an element of a list. int64 and bool are kept exactly, all other numbers
/// as double.
class Scalar {
 public:
  template <Number T>
  constexpr Scalar(T value) {
    if constexpr (std::is_same_v<T, bool>) {
      kind_ = Kind::truth;
      integer_ = value;
    } else if constexpr (std::is_integral_v<T>) {
      constexpr bool may_be_beyond = std::is_unsigned_v<T> && sizeof(T) >= sizeof(std::int64_t);
      if (may_be_beyond && value > static_cast<T>(std::numeric_limits<std::int64_t>::max())) {
        kind_ = Kind::beyond;
        real_ = static_cast<double>(value);
      } else {
        kind_ = Kind::integer;
        integer_ = static_cast<std::int64_t>(value);
      }
    } else {
      real_ = static_cast<double>(value);
    }
  }

  /// Whether the number was given as an integer or a bool.
  constexpr bool is_whole() const { return kind_ != Kind::real; }
  /// The dtype of the number on its own: float32, int64 or bool.
  constexpr Dtype dtype() const { return kind_ == Kind::real ? float32 : kind_ == Kind::truth ? boolean : int64; }
  constexpr double as_double() const { return is_integer() ? static_cast<double>(integer_) : real_; }
  /// The number converted to an element type. In int64, fractions are cut off; throws Error for NaN, infinity and numbers beyond its range.
  template <class T>
  T to() const {
    if constexpr (std::is_same_v<T, std::int64_t>) {
      return is_integer() ? integer_ : detail::to_int64(real_);
    } else if constexpr (std::is_same_v<T, bool>) {
      return is_integer() ? integer_ != 0 : real_ != 0;
    } else {
      return is_integer() ? static_cast<T>(integer_) : static_cast<T>(real_);
    }
  }

  /// Whether a and b are the same kind of number with the same bits.
  friend constexpr bool is_identical(const Scalar& a, const Scalar& b) { return a.kind_ == b.kind_ && a.bits() == b.bits(); }
  constexpr std::uint64_t bits() const {
    return is_integer() ? static_cast<std::uint64_t>(integer_) : __builtin_bit_cast(std::uint64_t, real_);
  }

 private:
  enum class Kind : std::uint8_t { real, integer, truth, beyond };  // beyond: an integer above the largest int64

  constexpr bool is_integer() const { return kind_ == Kind::integer || kind_ == Kind::truth; }

  union {
    double real_ = 0;
    std::int64_t integer_;
  };
  Kind kind_ = Kind::real;
};

}  // namespace reel
