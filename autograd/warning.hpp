#pragma once
// Internal; not installed.
#include <atomic>
#include <cstddef>
#include <string>

#include <reel/core/error.hpp>

namespace reel::detail {

void warn(const std::string& text);
inline constexpr std::size_t no_limit = ~std::size_t{0};
/// How deep a history may be before warn_of_depth() is called.
inline std::atomic<std::size_t> history_limit{10'000};
/// Warns, once.
void warn_of_depth(const char* op, SourceLocation at);

}  // namespace reel::detail
