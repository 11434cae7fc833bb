#pragma once
#include <string>

#include <reel/core/error.hpp>

namespace reel {

namespace detail {

/// One running module call; `outer` is the call around it.
struct ModuleFrame {
  const ModuleFrame* outer = nullptr;
  const void* module = nullptr;
  const char* path = "";  // interned, e.g. "1.gate"
  SourceLocation called_at;
};

class Substitution;

/// The state that recording depends on besides an op's inputs; one per thread.
struct Context {
  bool recording = true;
  bool running_again = false;
  bool in_rule = false;  // the rule of an op is running
  const SourceLocation* call_site = nullptr;
  const ModuleFrame* module = nullptr;
  const Substitution* substitution = nullptr;  // while a function is computed again
};

[[gnu::tls_model("initial-exec")]] inline thread_local constinit Context context{};

/// Number of watchers of ops being recorded: debug::Live objects of any thread, and the environment variable REEL_DEBUG.
inline constinit int watchers = 0;
inline bool is_watched() { return __atomic_load_n(&watchers, __ATOMIC_RELAXED) != 0; }

/// Returns the same text at an address that stays valid; each distinct pair of text and note is stored once and never freed.
const char* intern(const std::string& text, const std::string& note = {});
/// The note of an interned text; empty for any other text.
std::string note_of(const char* text);

}  // namespace detail

/// While alive, ops of this thread record no history.
class NoGrad {
 public:
  NoGrad() : before_(detail::context.recording) { detail::context.recording = false; }
  ~NoGrad() { detail::context.recording = before_; }
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  bool before_;
};

/// While alive, ops of this thread are recorded at this place instead of their own: a function made of ops sets its caller's place here, so
/// that the tape and the errors name the user's line. The outermost CallSite wins.
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

/// Whether this thread is in a function that checkpoint() calls once more, or that gradcheck() checks. A layer that counts its calls
/// (running statistics) must not count these.
inline bool is_running_again() { return detail::context.running_again; }

/// A history deeper than this number of entries causes one warning (see set_warning_handler), as the usual leak `total = total + loss`
/// does; 0 turns the warning off. Default 10,000.
void set_history_warning(std::size_t depth);
std::size_t history_warning();

/// Sets the function that receives warnings; by default they go to standard error, one line each. Null restores the default.
void set_warning_handler(void (*handler)(const std::string& text));

}  // namespace reel
