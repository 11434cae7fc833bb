#pragma once
// Internal; not installed.

namespace reel::debug {

/// While one lives, what this thread computes is the debugger's own, and neither Live nor REEL_DEBUG looks at it.
class Unwatched {
 public:
  Unwatched() : before_(on_) { on_ = true; }
  ~Unwatched() { on_ = before_; }
  Unwatched(const Unwatched&) = delete;
  Unwatched& operator=(const Unwatched&) = delete;

  static bool on() { return on_; }

 private:
  inline static thread_local constinit bool on_ = false;

  bool before_;
};

}  // namespace reel::debug
