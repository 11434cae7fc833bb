#include <reel/autograd/context.hpp>

#include <atomic>
#include <cstdio>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include <reel/autograd/detail/warning.hpp>

namespace reel {

namespace detail {

namespace {

/// Texts, each followed by a zero and its note. Never freed: tapes that outlive main() point into it.
struct Interned {
  std::mutex mutex;
  std::unordered_set<std::string> texts;
  std::unordered_map<const char*, std::string> notes;
};

Interned& interned() {
  static auto* const table = new Interned;
  return *table;
}

}  // namespace

const char* intern(const std::string& text, const std::string& note) {
  Interned& table = interned();
  const std::lock_guard lock(table.mutex);
  const char* const address = table.texts.insert(note.empty() ? text : text + '\0' + note).first->c_str();
  if (!note.empty()) table.notes.emplace(address, note);
  return address;
}

std::string note_of(const char* text) {
  Interned& table = interned();
  const std::lock_guard lock(table.mutex);
  const auto found = table.notes.find(text);
  return found == table.notes.end() ? std::string() : found->second;
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

void set_warning_handler(void (*handler)(const std::string& text)) {
  warning_handler = handler;
  ++detail::warning_handlers;
}

namespace detail {

void warn(const std::string& text) {
  if (auto* const handler = warning_handler.load()) {
    handler(text);
  } else {
    std::fprintf(stderr, "reel: %s\n", text.c_str());
  }
}

SourceLocation called_from(SourceLocation own) { return context.call_site ? *context.call_site : own; }

void warn_of_depth(const char* op, SourceLocation at) {
  if (warned.exchange(true)) return;
  warn("the history of this " + std::string(op) + " (" + to_string(at) + ") is more than " + std::to_string(history_warning()) +
       " entries deep; if it grows with every step, as in total = total + loss, add loss.item<float>() or loss.detach() instead "
       "(set_history_warning changes the limit, 0 turns this off)");
}

}  // namespace detail
}  // namespace reel
