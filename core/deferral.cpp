#include <reel/core/deferral.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include <fmt/format.h>
#include <reel/core/error.hpp>

namespace reel {

namespace {

std::size_t from_environment() {
  const char* const variable = std::getenv("REEL_DEFERRAL_BYTES");
  if (!variable || !*variable) return std::size_t{1} << 19;  // a few such results no longer fit in the cache that a core has to itself
  const std::string_view text = variable;
  if (text == "never") return never_deferred;
  std::size_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size())
    throw Error(fmt::format("REEL_DEFERRAL_BYTES is \"{}\"; it must be a whole number, or never", text));
  return n;
}

}  // namespace

namespace detail {

constinit std::size_t deferral = 0;

std::size_t default_deferral() {
  set_deferral_bytes(from_environment());
  return deferral_bytes();
}

}  // namespace detail

void set_deferral_bytes(std::size_t bytes) { __atomic_store_n(&detail::deferral, std::max<std::size_t>(1, bytes), __ATOMIC_RELAXED); }

}  // namespace reel
