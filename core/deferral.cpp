#include <reel/core/deferral.hpp>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string_view>

#include <fmt/format.h>
#include <reel/core/error.hpp>
#include <reel/core/whole_number.hpp>

namespace reel {

namespace {

std::size_t from_environment() {
  const char* const variable = std::getenv("REEL_DEFERRAL_BYTES");
  if (!variable || !*variable) return std::size_t{1} << 19;  // a few such results no longer fit in the cache that a core has to itself
  const std::string_view text = variable;
  if (text == "never") return never_deferred;
  const std::optional<std::size_t> bytes = detail::whole_number(text);
  if (!bytes) throw Error(fmt::format("REEL_DEFERRAL_BYTES is \"{}\"; it must be a whole number, or never", text));
  return *bytes;
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
