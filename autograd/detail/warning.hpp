#pragma once
#include <atomic>
#include <cstddef>
#include <string>

#include <reel/core/error.hpp>

namespace reel::detail {

void warn(const std::string& text);
/// The line at which the user called an op whose own line is `own`: layers and functions made of ops set their caller's line (CallSite).
SourceLocation called_from(SourceLocation own);
/// Number of calls of set_warning_handler(), from 1: a warning that is given once is given once to each handler.
inline std::atomic<unsigned> warning_handlers{1};

/// A warning that is given once.
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
/// The depth of history at which warn_of_depth() is called.
inline std::atomic<std::size_t> history_limit{10'000};
/// Warns, once.
void warn_of_depth(const char* op, SourceLocation at);

}  // namespace reel::detail
