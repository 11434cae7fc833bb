// What code of the user's throws inside of the engine: it is named in one way, the original is kept, and nothing is left half done.
#include <new>
#include <stdexcept>

#include <reel/autograd/elementwise.hpp>

#include "message.hpp"

using namespace reel;
using namespace reel::test;
using Catch::Contains;

namespace {

struct NoStandardException {};

enum class What { nothing, runtime_error, own_class, error, memory };

What thrown = What::nothing;

void throw_it() {
  switch (thrown) {
    case What::nothing: return;
    case What::runtime_error: throw std::runtime_error("no luck");
    case What::own_class: throw NoStandardException();
    case What::error: throw ShapeError("no luck");
    case What::memory: throw std::bad_alloc();
  }
}

/// While one lives, user code throws.
struct Throwing {
  explicit Throwing(What what) { thrown = what; }
  ~Throwing() { thrown = What::nothing; }
};

Tensor in_rule(Operand x) {
  return record(
      "in_rule", "dx = dy", {x}, [](const Inputs& in) { return in[0]; },
      [](const Pullback& p) {
        throw_it();
        return Gradients{p.dy()};
      });
}

Tensor in_forward(Operand x) {
  return record(
      "in_forward", "dx = dy", {x},
      [](const Inputs& in) {
        throw_it();
        return in[0];
      },
      [](const Pullback& p) { return Gradients{p.dy()}; });
}

const auto in_formula = elementwise("in_formula", [](auto x) {
  throw_it();
  return x * x;
});

/// f throws an E with this text, at this line, whose cause is what was thrown; memory that runs out is std::bad_alloc.
template <class E, class F>
void check_named(const std::string& failure, int line, const F& f) {
  const std::string place = " (" + to_string(SourceLocation{__builtin_FILE(), line}) + ")";
  for (const auto& [what, text] : {std::pair{What::runtime_error, std::string("no luck")},
                                   std::pair{What::own_class, std::string("it threw (anonymous namespace)::NoStandardException")}}) {
    const Throwing throwing(what);
    CHECK(message_of<E>(f) == failure + ": " + text + place);
    try {
      f();
    } catch (const Error& e) {
      REQUIRE(e.cause());
      if (what == What::runtime_error) CHECK_THROWS_AS(std::rethrow_exception(e.cause()), std::runtime_error);
      if (what == What::own_class) CHECK_THROWS_AS(std::rethrow_exception(e.cause()), NoStandardException);
    }
  }
  const Throwing throwing(What::memory);
  CHECK_THROWS_AS(f(), std::bad_alloc);
}

/// In a sweep: an Error, too, becomes a GradientError.
template <class F>
void check_in_sweep(const std::string& failure, int line, const F& f) {
  check_named<GradientError>(failure, line, f);
  const Throwing throwing(What::error);
  CHECK(message_of<GradientError>(f) == failure + ": no luck (" + to_string(SourceLocation{__builtin_FILE(), line}) + ")");
  try {
    f();
  } catch (const Error& e) {
    REQUIRE(e.cause());
    CHECK_THROWS_AS(std::rethrow_exception(e.cause()), ShapeError);
  }
}

}  // namespace

TEST_CASE("What a rule throws is a GradientError that names the op and its line") {
  Parameter w("w", doubles({1, 2}));
  const int line = __LINE__ + 1;
  const auto differentiate = [&] { sum(in_rule(w)).backward(); };
  check_in_sweep("the rule of in_rule failed", line, differentiate);
  CHECK_FALSE(w.has_grad());
  differentiate();
  CHECK(w.grad().value().at<double>({0}) == 1);
}

TEST_CASE("What a gradient hook throws is a GradientError that names the tensor and the hook's line") {
  const Tensor x = variable(doubles({1, 2})).named("x");
  const int line = __LINE__ + 1;
  const GradientHook hook = on_gradient(x, [](const Tensor&) { throw_it(); });
  check_in_sweep("the gradient hook on variable 'x' failed", line, [&] { gradients(sum(x * 2), {x}); });
}

TEST_CASE("What the function of a checkpoint throws when it is computed again is a GradientError that names it") {
  const Tensor x = variable(doubles({1, 2}));
  int calls = 0;
  const auto f = [&calls](const Tensor& t) -> Tensor {
    if (++calls % 2 == 0) throw_it();
    return t * 2;
  };
  const int line = __LINE__ + 3;
  const auto differentiate = [&] {
    calls = 0;
    gradients(sum(checkpoint(f, x)), {x});
  };
  check_in_sweep("checkpoint: its function failed when it was computed again for the gradient", line, differentiate);
}

TEST_CASE("What a rule of with_rule() throws is a GradientError that names the op") {
  const Tensor x = variable(doubles({1, 2}));
  const auto rule = [](const Pullback& p) {
    throw_it();
    return Gradients{p.dy()};
  };
  const int line = __LINE__ + 1;
  const Tensor y = with_rule(
      "mine", "dx = dy", [](const Tensor& t) { return t * 1; }, {x}, rule);
  check_in_sweep("the rule of mine failed", line, [&] { gradients(sum(y), {x}); });
}

TEST_CASE("What an op's forward function throws is an Error that names the op and its line") {
  const Tensor x = variable(doubles({1, 2}));
  const int line = __LINE__ + 1;
  const auto call = [&] { in_forward(x); };
  check_named<Error>("in_forward failed", line, call);
  const Throwing throwing(What::error);  // keeps its class: it says itself what is wrong
  CHECK(message_of<ShapeError>(call) == "no luck (" + to_string(SourceLocation{__FILE__, line}) + ")");
}

TEST_CASE("What a function throws when a tape is run again is an Error that names the op and its line") {
  const Tensor x = variable(doubles({1, 2}));
  const int line = __LINE__ + 1;
  const Tape tape(in_forward(x));
  check_named<Error>("in_forward failed", line, [&] { tape.rerun(); });
  check_named<Error>("in_forward failed", line, [&] { tape[1].run({Array::zeros({2}, float64)}); });
}

TEST_CASE("What a formula throws is an Error that names it, and its inputs stay what they were") {
  for (const bool record : {true, false}) {
    const Tensor x = record ? variable(full({1 << 16}, 3)) : full({1 << 16}, 3);
    const int line = __LINE__ + 1;
    const auto call = [&] { in_formula(x); };
    check_named<Error>("in_formula failed", line, call);
    CHECK(x.value().at<float>({-1}) == 3);
    CHECK(in_formula(x).value().at<float>({-1}) == 9);
  }
}

TEST_CASE("What a formula throws halfway changes no number that is read afterwards") {
  static int calls = 0;
  const auto flaky = elementwise("flaky", [](auto x) {
    if (++calls == 100) throw std::runtime_error("once");
    return x + 1;
  });
  const NoGrad pause;
  const Tensor x = zeros({1 << 18}) + 0.5;
  CHECK_THROWS_AS(flaky(x), Error);
  bool is_right = true;
  const Tensor y = flaky(x);
  for (const float v : y.value().span<float>()) is_right = is_right && v == 1.5f;
  CHECK(is_right);
}
