#pragma once
#include <string>
#include <vector>

#include <reel/autograd/tape.hpp>
#include <reel/core/ref_count.hpp>

namespace reel::debug {

enum class Phase { forward, backward };

/// An event, as conditions see it: an op was run, or its rule was applied. Arrays are computed when they are asked for.
class Moment {
 public:
  Moment(Phase phase, Entry entry) : phase_(phase), entry_(std::move(entry)) {}
  virtual ~Moment();
  Moment(const Moment&) = delete;
  Moment& operator=(const Moment&) = delete;

  Phase phase() const { return phase_; }
  const Entry& entry() const { return entry_; }
  /// Forward the op's value; backward the gradients that its rule gave to its inputs.
  virtual std::vector<Array> made() const = 0;
  /// Forward the inputs' values; backward the gradient of the op's value, if it has one.
  virtual std::vector<Array> taken() const = 0;
  /// All that the event's numbers were computed from: backward the values of the op and its inputs, too.
  virtual std::vector<Array> seen() const { return taken(); }
  /// Whether it is the last event of the forward pass.
  virtual bool ends_forward() const { return false; }

 private:
  Phase phase_;
  Entry entry_;
};

/// A question about an event; && and || and ! combine them.
class Condition {
 public:
  class Test {
   public:
    explicit Test(std::string text) : text_(std::move(text)) {}
    virtual ~Test();
    virtual bool holds(const Moment& moment) const = 0;
    const std::string& text() const { return text_; }
    RefCount owners;

   private:
    std::string text_;
  };

  explicit Condition(Test* test) : test_(test) {}
  Condition(const Condition& other) noexcept : test_(other.test_) { test_->owners.add(); }
  Condition& operator=(Condition other) noexcept {
    std::swap(test_, other.test_);
    return *this;
  }
  ~Condition();

  bool operator()(const Moment& moment) const { return test_->holds(moment); }
  /// As it is written: "op(\"log\") && nan_born()".
  std::string text() const { return test_->text(); }

 private:
  Test* test_;
};

Condition operator&&(const Condition& a, const Condition& b);
Condition operator||(const Condition& a, const Condition& b);
Condition operator!(const Condition& a);

/// The entry has this name.
Condition named(const std::string& name);
/// It is this op: "matmul".
Condition op(const std::string& op);
/// It was recorded by this module or one inside it: "encoder" and "encoder.0".
Condition module(const std::string& path);
/// It was recorded at this line; the file with or without its folders.
Condition at_line(const std::string& file, int line);
/// It made a NaN, and nothing that it computed it from was one.
Condition nan_born();
/// It made an infinity from finite numbers.
Condition infinity_born();
/// It made a NaN or an infinity, or passed one on.
Condition nonfinite();
/// The entry's gradient, when it goes through the entry's rule, has a norm above (below) this.
Condition gradient_norm_above(double norm);
Condition gradient_norm_below(double norm);
/// The norm of what it made, divided by that of what it took, is above (below) this; in both passes.
Condition norm_ratio_above(double ratio);
Condition norm_ratio_below(double ratio);
/// The entry's value has this shape; -1 stands for any length.
Condition shape(const Ints& lengths);
/// The last event of the forward pass.
Condition end_of_forward();

/// f(const Moment&) says so.
template <class F>
Condition when(F f, std::string text = "when(...)") {
  class Asks final : public Condition::Test {
   public:
    Asks(F f, std::string t) : Test(std::move(t)), f_(std::move(f)) {}
    bool holds(const Moment& moment) const override { return f_(moment); }

   private:
    F f_;
  };
  return Condition(new Asks(std::move(f), std::move(text)));
}

}  // namespace reel::debug
