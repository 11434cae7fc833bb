#pragma once
// Internal; not installed.
#include <atomic>
#include <cstddef>
#include <string>

#include <reel/core/error.hpp>

namespace reel::detail {

void warn(const std::string& text);
/// Where the user called an op that says `own`: layers and functions that are made of ops put their caller's place there (CallSite).
SourceLocation called_from(SourceLocation own);
/// How often set_warning_handler() was called, from 1: what is said once is said once to each handler.
inline std::atomic<unsigned> warning_handlers{1};

/// Something that is said once.
class WarnOnce {
 public:
  void operator()(const std::string& text) {
    const unsigned now = warning_handlers;
    if (said_.exchange(now) != now) warn(text);
  }

 private:
  std::atomic<unsigned> said_{0};
};

inline constexpr std::size_t no_limit = ~std::size_t{0};
/// How deep a history may be before warn_of_depth() is called.
inline std::atomic<std::size_t> history_limit{10'000};
/// Warns, once.
void warn_of_depth(const char* op, SourceLocation at);

}  // namespace reel::detail
