#pragma once
#include <string>

#include <reel/core/error.hpp>

namespace reel {

namespace detail {

/// The module call that is running, innermost first.
struct ModuleFrame {
  const ModuleFrame* outer = nullptr;
  const void* module = nullptr;
  const char* path = "";  // interned, e.g. "1.gate"
  SourceLocation called_at;
};

class Substitution;

/// What recording depends on besides an op's inputs; one for each thread.
struct Context {
  bool recording = true;
  bool running_again = false;
  bool in_rule = false;  // what runs now is the rule of an op
  const SourceLocation* call_site = nullptr;
  const ModuleFrame* module = nullptr;
  const Substitution* substitution = nullptr;  // while a function is computed again
};

[[gnu::tls_model("initial-exec")]] inline thread_local constinit Context context{};

/// How many look at ops while they are recorded: debug::Live objects of any thread, and the environment variable REEL_DEBUG.
inline constinit int watchers = 0;
inline bool is_watched() { return __atomic_load_n(&watchers, __ATOMIC_RELAXED) != 0; }

/// The same text at an address that stays valid; each distinct text is kept once for each note, for ever.
const char* intern(const std::string& text, const std::string& note = {});
/// The note of an interned text; empty for any other text.
std::string note_of(const char* text);

}  // namespace detail

/// While one lives, ops of this thread record no history.
class NoGrad {
 public:
  NoGrad() : before_(detail::context.recording) { detail::context.recording = false; }
  ~NoGrad() { detail::context.recording = before_; }
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  bool before_;
};

/// While one lives, ops of this thread are recorded at this place instead of where they stand: a function made of ops puts its
/// caller's place here, so that the tape and the errors name the user's line. The outermost one holds.
class CallSite {
 public:
  explicit CallSite(SourceLocation place) : place_(place), before_(detail::context.call_site) {
    if (!before_) detail::context.call_site = &place_;
  }
  ~CallSite() { detail::context.call_site = before_; }
  CallSite(const CallSite&) = delete;
  CallSite& operator=(const CallSite&) = delete;

 private:
  SourceLocation place_;
  const SourceLocation* before_;
};

/// Whether ops of this thread are recorded now.
inline bool is_recording() { return detail::context.recording; }

/// Whether this thread is in a function that checkpoint() calls once more, or that gradcheck() checks. A layer that keeps count of its
/// calls (running statistics) has to leave these out.
inline bool is_running_again() { return detail::context.running_again; }

/// A history deeper than this many entries causes one warning (see set_warning_handler), as the classic leak
/// `total = total + loss` does; 0 turns it off. The default is 10,000.
void set_history_warning(std::size_t depth);
std::size_t history_warning();

/// Where warnings go; by default to standard error, one line each. Null restores that.
void set_warning_handler(void (*handler)(const std::string& text));

}  // namespace reel
