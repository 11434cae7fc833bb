#include <reel/autograd/context.hpp>

#include <atomic>
#include <cstdio>
#include <mutex>
#include <unordered_set>

#include <reel/autograd/warning.hpp>

namespace reel {

namespace detail {

const char* intern(const std::string& text) {
  static std::mutex mutex;
  static auto* const texts = new std::unordered_set<std::string>;  // never freed: tapes that outlive main() point into it
  const std::lock_guard lock(mutex);
  return texts->insert(text).first->c_str();
}

}  // namespace detail

namespace {

std::atomic<void (*)(const std::string&)> warning_handler{nullptr};
std::atomic<bool> warned{false};

}  // namespace

void set_history_warning(std::size_t depth) {
  detail::history_limit = depth == 0 ? detail::no_limit : depth;
  warned = false;
}

std::size_t history_warning() {
  const std::size_t limit = detail::history_limit;
  return limit == detail::no_limit ? 0 : limit;
}

void set_warning_handler(void (*handler)(const std::string& text)) { warning_handler = handler; }

namespace detail {

void warn(const std::string& text) {
  if (auto* const handler = warning_handler.load()) {
    handler(text);
  } else {
    std::fprintf(stderr, "reel: %s\n", text.c_str());
  }
}

void warn_of_depth(const char* op, SourceLocation at) {
  if (warned.exchange(true)) return;
  warn("the history of this " + std::string(op) + " (" + to_string(at) + ") is more than " + std::to_string(history_warning()) +
       " entries deep; if it grows with every step, as in total = total + loss, add loss.item<float>() or loss.detach() instead "
       "(set_history_warning changes the limit, 0 turns this off)");
}

}  // namespace detail
}  // namespace reel
