// Memory that belongs to somebody else is read, and never written; a value that is computed from itself keeps nothing of what it was.
#include <sys/mman.h>

#include <algorithm>
#include <cmath>

#include <reel/autograd/elementwise.hpp>
#include <reel/core/memory.hpp>

#include "message.hpp"

using namespace reel;
using namespace reel::test;

namespace {

/// A page or more that cannot be written to, full of ones.
class ReadOnly {
 public:
  static constexpr std::size_t elements = 1 << 18;

  ReadOnly() {
    data_ = static_cast<float*>(::mmap(nullptr, elements * sizeof(float), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    std::fill_n(data_, elements, 1.0F);
    ::mprotect(data_, elements * sizeof(float), PROT_READ);
  }
  ReadOnly(const ReadOnly&) = delete;
  ReadOnly& operator=(const ReadOnly&) = delete;
  ~ReadOnly() { ::munmap(data_, elements * sizeof(float)); }

  /// Its only owner may be an op's argument.
  Tensor lend() const {
    return Tensor(Array::adopt({elements}, float32, data_, nullptr, [](void*) noexcept {}));
  }

 private:
  float* data_;
};

}  // namespace

TEST_CASE("No op writes over memory that was lent to its input") {
  const ReadOnly ones_of_others;
  const auto shifted = elementwise("shifted", [](auto x) { return x + 1; });
  const NoGrad pause;
  CHECK((ones_of_others.lend() * 2).value().at<float>({0}) == 2);
  CHECK(relu(ones_of_others.lend()).value().at<float>({0}) == 1);
  CHECK(shifted(ones_of_others.lend()).value().at<float>({0}) == 2);
  CHECK(softmax(reshape(ones_of_others.lend(), {4, -1}), 0).value().at<float>({0, 0}) == 0.25f);
  CHECK((exp(ones_of_others.lend()) + ones_of_others.lend()).value().at<float>({-1}) == Approx(std::exp(1.0) + 1));
}

TEST_CASE("No rule writes over memory that was lent to a gradient") {
  const ReadOnly ones_of_others;
  for (const bool differentiable : {false, true}) {
    const Tensor x = variable(full({ReadOnly::elements}, 2));
    const Tensor h = tanh(x * 1);
    const GradientHook hook = on_gradient(h, [&](const Tensor&) { return ones_of_others.lend(); });
    const Tensor g = gradients(sum(exp(h)), {x}, {.differentiable = differentiable})[0];
    CHECK(g.value().at<float>({0}) == Approx(1 - std::tanh(2.0) * std::tanh(2.0)));
    const Tensor seeded = gradients(tanh(x), {x}, {.seed = ones_of_others.lend()})[0];
    CHECK(seeded.value().at<float>({0}) == Approx(1 - std::tanh(2.0) * std::tanh(2.0)));
  }
}

TEST_CASE("An array of lent memory is copied before it is written to") {
  const ReadOnly ones_of_others;
  Array a = ones_of_others.lend().value();
  CHECK(a.is_shared());
  a.mutable_data<float>()[0] = 5;
  CHECK(a.at<float>({0}) == 5);
  CHECK_FALSE(a.is_shared());
  CHECK(ones_of_others.lend().value().at<float>({0}) == 1);
}

TEST_CASE("Parameters and gradients of lent memory are trained in memory of their own") {
  const ReadOnly ones_of_others;
  Parameter w("w", ones_of_others.lend());
  w.set_grad(ones_of_others.lend());
  w.add_grad(full({ReadOnly::elements}, 2));
  optim::SGD({w}, {.lr = 0.5}).step();
  CHECK(w.value().at<float>({3}) == -0.5f);
  CHECK(ones_of_others.lend().value().at<float>({3}) == 1);
}

TEST_CASE("A running value keeps nothing of the values before it") {
  const NoGrad pause;
  const auto step = elementwise("step", [](auto x) { return x * 0.99f + 0.01f; });
  for (const std::size_t n : {std::size_t{300}, std::size_t{1} << 17}) {
    Tensor mean = zeros({n});
    std::ptrdiff_t in_use = 0;
    const int rounds = n < 1000 ? 1000 : 50;
    for (int i = 0; i < rounds; ++i) {
      mean = step(mean) * 1.0 + 0.0;
      if (i == 10) in_use = memory::bytes_in_use();
    }
    CHECK(memory::bytes_in_use() == in_use);
    CHECK(mean.value().at<float>({0}) == Approx(1 - std::pow(0.99, rounds)));
  }
}
