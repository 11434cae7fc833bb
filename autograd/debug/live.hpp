#pragma once
#include <string>

#include <reel/autograd/debug/condition.hpp>
#include <reel/core/unique_ptr.hpp>

namespace reel::debug {

/// An event of the running program at which a condition of a Live holds.
struct Hit {
  const Moment& moment;
  /// The op, its line and its numbers; where a NaN or an infinity is among them, the element.
  std::string message;
  /// The condition, as it is written.
  std::string condition;

  Phase phase() const { return moment.phase(); }
  const Entry& entry() const { return moment.entry(); }
};

/// Called at every hit before anything else, and does nothing: `tape-break` in gdb stops there, or `break reel::debug::breakpoint_hit`.
void breakpoint_hit(const Hit& hit);

/// While one lives, this thread's ops are looked at as they are recorded, and rules as backward() and gradients() apply them. In the
/// forward pass an op has no name yet. What ops compute within rules is left out.
class Live {
 public:
  Live();
  ~Live();
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;

  /// Calls f(const Hit&) at every event for which the condition holds. An Error that it throws goes out of the op, or out of the
  /// backward pass, with the op's place.
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
  /// Throws an Error with the hit's message.
  void stop_at(const Condition& condition);
  /// How often a condition held so far.
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
