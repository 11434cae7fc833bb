// Results that cannot carry a gradient are constants: they keep no tape, and say where a gradient ends.
#include <reel/autograd/debug/live.hpp>
#include <reel/core/memory.hpp>

#include "message.hpp"

using namespace reel;
using namespace reel::test;

namespace {

const Tensor& matrix() {
  static const Tensor x = tensor({{1.0, 3.0}, {4.0, 2.0}});
  return x;
}

}  // namespace

TEST_CASE("Results of int64 and bool keep no history") {
  const Tensor x = variable(matrix());
  for (const Tensor& t : {argmax(x, 1), x > 2, x == x, astype(x, int64), isnan(x), argsort(x), count_nonzero(x), logical_not(x > 2),
                          one_hot(argmax(x, 1), 2), astype(argmax(x, 1), float32), sum(x > 2)}) {
    CHECK_FALSE(t.has_history());
    CHECK(Tape(t).size() == 1);
  }
}

TEST_CASE("Predictions that are kept do not keep the tapes of their models") {
  const Parameter w(full({64, 64}, 0.1));
  const Tensor x = ones({64, 64});
  std::vector<Tensor> kept;
  const auto predict = [&] { kept.push_back(argmax(tanh(matmul(x, w)), 1)); };
  predict();
  const std::ptrdiff_t before = memory::bytes_in_use();
  for (int i = 0; i < 100; ++i) predict();
  CHECK(memory::bytes_in_use() - before < 100 * 2048);  // 64 int64 each, where a history is 32 KB
  std::vector<Tensor> hits;
  for (int i = 0; i < 100; ++i) hits.push_back(sum(argmax(tanh(matmul(x, w)), 1) == tensor({1})));
  CHECK(memory::bytes_in_use() - before < 200 * 2048);
}

TEST_CASE("Labels made by argmax leave a second backward() alone") {
  const Parameter w(matrix());
  const Tensor x = ones({3, 2}), labels = argmax(matmul(x, w), 1);
  nn::cross_entropy(matmul(x, w), labels).backward();
  const Tensor first = w.grad();
  nn::cross_entropy(matmul(x, w), labels).backward();
  CHECK(is_same(w.grad(), first * 2));
}

TEST_CASE("A loss that hangs on nothing but such a result says which op has no gradient") {
  const Parameter w(matrix());
  const Tensor y = argmax(w, 1);
  const int line = __LINE__;
  const Tensor loss = mean(astype(y, float32) * 2);
  const std::string cut = fmt::format(
      "argmax has no gradient (constants.cpp:{}), and nothing else connects the tensor with a variable or a parameter", line - 1);
  expect<GradientError>(
      __LINE__, [&] { loss.backward(); }, "backward: " + cut);
  expect<GradientError>(
      __LINE__, [&] { gradients(loss, {w}); }, "gradients: " + cut);
  // With another way to the parameter there is a gradient.
  (loss + sum(w)).backward();
  CHECK(is_same(w.grad(), ones({2, 2})));
}

TEST_CASE("Where nothing is recorded, no op is blamed") {
  const Parameter w(matrix());
  Tensor loss;
  {
    const NoGrad pause;
    loss = mean(astype(argmax(w, 1), float32));
  }
  CHECK_THAT(message_of<GradientError>([&] { loss.backward(); }), Catch::Contains("under NoGrad or detached"));
  CHECK_THAT(message_of<GradientError>([&] { mean(astype(argmax(matrix(), 1), float32)).backward(); }), Catch::Contains("no history"));
}

TEST_CASE("While somebody watches, such results are on the tape") {
  const Tensor x = variable(matrix());
  const debug::Live live;
  const Tensor y = where(x > 2, x, 0.0);
  const Tape tape(y);
  CHECK(tape.size() == 3);
  CHECK(tape[1].op() == "greater");
  CHECK_FALSE(tape[1].output().has_history());
  const Array moved = Array::full({2, 2}, 3);
  CHECK(identical(tape.rerun({{0, moved}}).back(), moved));
}

TEST_CASE("A tape whose ops read such a constant is not run again with other values, but with the same") {
  const Tensor x = variable(matrix());
  const Tensor positive = x > 2;
  const int compared = __LINE__;
  const Tensor y = where(positive, x, 0.0);
  const int chosen = __LINE__;
  const Tape tape(y);
  CHECK(identical(tape.rerun().back(), y.value()));
  CHECK(
      message_of<Error>([&] {
        tape.rerun({{0, Array::full({2, 2}, 3)}});
      }) ==
      fmt::format(
          "rerun: input 0 of where (recorded at constants.cpp:{}) is a constant that greater (recorded at constants.cpp:{}) computed: what "
          "has no gradient keeps no history, so it cannot follow the replaced values; record the tape while a debug::Live watches it",
          chosen - 1, compared - 1));
}
