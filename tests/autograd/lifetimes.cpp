// What a line hands out lives on after the line, or the line does not compile.
#include <thread>

#include "message.hpp"

using namespace reel;
using namespace reel::test;

namespace {

template <class T>
concept LendsSpan = requires(T&& array) {
  std::forward<T>(array).template span<float>();
};
template <class T>
concept LendsData = requires(T&& array) {
  std::forward<T>(array).template data<float>();
};

// A named array lends its elements; a temporary's would be gone.
static_assert(LendsSpan<const Array&> && LendsData<const Array&> && LendsSpan<Array&>);
static_assert(!LendsSpan<Array> && !LendsData<Array> && !LendsSpan<const Array>);
static_assert(std::is_same_v<decltype(std::declval<const Tensor&>().value()), const Array&>);
static_assert(std::is_same_v<decltype(std::declval<Tensor>().value()), Array>);
static_assert(std::is_same_v<decltype(std::declval<Tensor>().shape()), Shape>);
static_assert(std::is_same_v<decltype(std::declval<Tensor>().name()), std::string>);

/// Ops that overwrite what was freed.
void churn() {
  for (int i = 0; i < 50; ++i) static_cast<void>(exp(full({100}, i)) * 2);
}

Tensor doubled(Operand x) {
  const Operand h = x * 2;  // a temporary
  churn();
  return h + 0;
}

Operand either(bool first, Operand a, Operand b) { return first ? a : b; }

}  // namespace

TEST_CASE("The value of a temporary outlives it") {
  const Array& v = softmax(zeros({4}), 0).value();
  const auto& shape = exp(zeros({2, 3})).shape();
  const Array w = relu(full({100}, 3)).value();
  churn();
  CHECK(identical(v, Array::full({4}, 0.25)));
  CHECK(shape == Shape{2, 3});
  std::size_t elements = 1;
  for (const std::size_t length : exp(zeros({2, 3})).shape()) elements *= length;
  CHECK(elements == 6);
  CHECK(w.span<float>()[99] == 3);
}

TEST_CASE("An Operand keeps a temporary tensor itself, and so do its copies") {
  const Tensor x = tensor({3.0, 6.0, 9.0});
  CHECK(is_same(doubled(x), x * 2));
  Operand kept = relu(x), copy = kept, moved = std::move(kept);
  kept = Operand(1.0);
  const Operand from_function = either(false, x * 5, x * 7);
  std::vector<Operand> list{exp(zeros({3})), x};
  list.reserve(100);
  churn();
  CHECK(is_same(copy + 0, x));
  CHECK(is_same(moved + 0, x));
  CHECK(is_same(kept + 0 * x, ones({3})));
  CHECK(is_same(from_function + 0, x * 7));
  CHECK(is_same(list[0] + list[1], x + 1));
  copy = list[0];
  list.clear();
  CHECK(is_same(copy * x, x));
  moved = x;
  CHECK(&moved.tensor() == &x);
}

TEST_CASE("record() takes a list of operands that keep their tensors") {
  const Tensor x = variable(tensor({1.0, 2.0}, {.dtype = float64}));
  const std::vector<Operand> inputs{x, x * 3};
  const Tensor y = record(
      "total", "d = dy each", inputs, [](const Inputs& in) { return kernels::add(in[0], in[1]); },
      [](const Pullback& p) {
        return Gradients{p.dy(), p.dy()};
      });
  CHECK(is_same(gradients(sum(y), {x})[0], tensor({4.0, 4.0}, {.dtype = float64})));
}

namespace {

Tensor scaled_by_reference(Operand x, double scale, int& line) {
  line = __LINE__ + 1;
  return record(
      "scaled", "dx = scale dy", {x}, [&](const Inputs& in) { return kernels::mul(in[0], Array::scalar(scale, in[0].dtype())); },
      [&](const Pullback& p) { return Gradients{p.dy() * scale}; });
}

struct Scale {
  double factor = 3;
  Tensor operator()(Operand x) const {
    return record(
        "scale", "dx = factor dy", {x}, [](const Inputs& in) { return in[0]; },
        [this](const Pullback& p) { return Gradients{p.dy() * factor}; });
  }
};

Tensor scaled_by_value(Operand x, double scale, bool flag, Ints axes) {
  return record(
      "scaled", "dx = scale dy", {x}, [=](const Inputs& in) { return kernels::mul(in[0], Array::scalar(flag ? scale : 0, in[0].dtype())); },
      [=](const Pullback& p) { return Gradients{p.dy() * scale * static_cast<double>(axes.size())}; });
}

}  // namespace

TEST_CASE("A function that captures by reference is refused, one that captures by value is not") {
  const Tensor x = variable(tensor({1.0, 2.0}, {.dtype = float64}));
  int line = 0;
  const auto refused = [](const std::string& op, const std::string& what) {
    return op + ": " + what +
           " captures by reference (or a pointer to something local), and what it refers to may be gone when it runs; capture "
           "numbers by value ([=]) and take tensors as inputs (lifetimes.cpp:";
  };
  const auto text = [&](const auto& f) { return message_of<Error>(f); };
  CHECK_THAT(text([&] { scaled_by_reference(x, 5, line); }), Catch::StartsWith(refused("scaled", "the forward function")));
  const Scale local;
  const auto of_member = [&] { local(x); };
  CHECK_THAT(text(of_member), Catch::StartsWith(refused("scale", "the rule")));
  // On another thread's stack, too.
  std::string elsewhere;
  std::thread([&] { elsewhere = text([&] { scaled_by_reference(x, 5, line); }); }).join();
  CHECK_THAT(elsewhere, Catch::StartsWith(refused("scaled", "the forward function")));
  // Whatever lies on the stack: padding is not looked at.
  for (int i = 0; i < 1000; ++i) {
    volatile const void* garbage[16];
    for (auto& word : garbage) word = const_cast<const void*>(static_cast<volatile void*>(&garbage));
    CHECK_NOTHROW(scaled_by_value(x, 2, i % 2 == 0, {0, 1}));
  }
  CHECK(is_same(gradients(sum(scaled_by_value(x, 2, true, {0, 1})), {x})[0], tensor({4.0, 4.0}, {.dtype = float64})));
}
