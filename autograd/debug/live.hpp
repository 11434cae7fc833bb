#pragma once
#include <string>

#include <reel/autograd/debug/condition.hpp>
#include <reel/core/unique_ptr.hpp>

namespace reel::debug {

/// An event of the running program at which a condition of a Live is true.
struct Hit {
  const Moment& moment;
  /// Text with the op, its line and its numbers; if a NaN or an infinity is among them, the element.
  std::string message;
  /// The condition as source text.
  std::string condition;

  Phase phase() const { return moment.phase(); }
  const Entry& entry() const { return moment.entry(); }
};

/// Called at every hit before anything else; does nothing. A place for breakpoints: `tape-break` in gdb stops there, or `break
/// reel::debug::breakpoint_hit`.
void breakpoint_hit(const Hit& hit);

/// While alive, this thread's ops are checked as they are recorded, and rules as backward() and gradients() apply them. In the forward pass
/// an entry has no name yet. Ops that run inside rules are not checked.
class Live {
 public:
  Live();
  ~Live();
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;

  /// Calls f(const Hit&) at every event for which the condition is true. An Error that f throws leaves the op, or the backward pass, with
  /// the op's line added.
  template <class F>
  void on(const Condition& condition, F f) {
    class Calls final : public Callback {
     public:
      explicit Calls(F g) : f_(std::move(g)) {}
      void operator()(const Hit& hit) override { f_(hit); }

     private:
      F f_;
    };
    add(condition, UniquePtr<Callback>(new Calls(std::move(f))));
  }
  /// Throws an Error with the hit's message when the condition is true.
  void stop_at(const Condition& condition);
  /// Number of hits so far, of all conditions.
  std::size_t hits() const;

  class Callback {
   public:
    virtual ~Callback();
    virtual void operator()(const Hit& hit) = 0;
  };
  struct State;

 private:
  void add(const Condition& condition, UniquePtr<Callback> callback);

  State* state_;
};

}  // namespace reel::debug
