#pragma once
#include <string>
#include <vector>

#include <reel/autograd/tape.hpp>
#include <reel/core/ref_count.hpp>

namespace reel::debug {

enum class Phase { forward, backward };

/// An event, as conditions see it: an op was run, or its rule was applied. Arrays are computed when they are requested.
class Moment {
 public:
  Moment(Phase phase, Entry entry) : phase_(phase), entry_(std::move(entry)) {}
  virtual ~Moment();
  Moment(const Moment&) = delete;
  Moment& operator=(const Moment&) = delete;

  Phase phase() const { return phase_; }
  const Entry& entry() const { return entry_; }
  /// Forward: the op's value. Backward: the gradients that its rule returned for its inputs.
  virtual std::vector<Array> made() const = 0;
  /// Forward: the inputs' values. Backward: the gradient of the op's value, if it has one.
  virtual std::vector<Array> taken() const = 0;
  /// All arrays that the event's result was computed from: in the backward pass also the values of the op and its inputs.
  virtual std::vector<Array> seen() const { return taken(); }
  /// Whether this is the last event of the forward pass.
  virtual bool ends_forward() const { return false; }

 private:
  Phase phase_;
  Entry entry_;
};

/// A predicate on events, for breakpoints and searches; combined with &&, || and !.
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
  /// The condition as source text: "op(\"log\") && nan_born()".
  std::string text() const { return test_->text(); }

 private:
  Test* test_;
};

Condition operator&&(const Condition& a, const Condition& b);
Condition operator||(const Condition& a, const Condition& b);
Condition operator!(const Condition& a);

/// True if the entry has this name.
Condition named(const std::string& name);
/// True if the entry's op has this name: "matmul".
Condition op(const std::string& op);
/// True if the entry was recorded by this module or a module inside it: "encoder" also holds for "encoder.0".
Condition module(const std::string& path);
/// True if the entry was recorded at this line; the file is given with or without its folders.
Condition at_line(const std::string& file, int line);
/// True if the op or rule made a NaN from inputs without a NaN.
Condition nan_born();
/// True if the op or rule made an infinity from finite numbers.
Condition infinity_born();
/// True if the result of the op or rule has a NaN or an infinity, made there or passed on.
Condition nonfinite();
/// True if the norm of the entry's gradient, at the moment when it goes through the entry's rule, is above (below) this.
Condition gradient_norm_above(double norm);
Condition gradient_norm_below(double norm);
/// True if the norm of the event's results divided by the norm of its inputs is above (below) this; see Moment::made() and taken(). In both
/// passes.
Condition norm_ratio_above(double ratio);
Condition norm_ratio_below(double ratio);
/// True if the entry's value has this shape; -1 stands for any length.
Condition shape(const Ints& lengths);
/// True at the last event of the forward pass.
Condition end_of_forward();

/// True if f(const Moment&) returns true. `text` is shown for the condition.
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
