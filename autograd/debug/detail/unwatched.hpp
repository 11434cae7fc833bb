#pragma once

namespace reel::debug {

/// While alive, computations of this thread are the debugger's own, and neither Live nor REEL_DEBUG checks them.
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
