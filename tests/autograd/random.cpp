#include <reel/autograd/random.hpp>

#include <cmath>

#include "message.hpp"

using namespace reel;
using namespace reel::test;
using Catch::Contains;

namespace {

std::vector<Tensor> some_draws() {
  const Tensor x = ones({50});
  return {random::uniform({7}), random::normal({5, 3}, {.dtype = float64}), random::bernoulli({11}), random::permutation(20),
          dropout(x, 0.3)};
}

}  // namespace

TEST_CASE("manual_seed repeats all that is drawn") {
  const SeedScope scope(0);
  manual_seed(42);
  const auto first = some_draws(), second = some_draws();
  manual_seed(42);
  const auto again = some_draws();
  manual_seed(43);
  const auto other = some_draws();
  for (std::size_t i = 0; i < first.size(); ++i) {
    CAPTURE(i);
    CHECK(is_same(first[i], again[i]));
    CHECK_FALSE(is_same(first[i], second[i]));
    CHECK_FALSE(is_same(first[i], other[i]));
  }
}

TEST_CASE("Draws have the shape, dtype and distribution asked for") {
  const SeedScope seed(1);
  const Tensor u = random::uniform({100, 100}, {.low = -1, .high = 3});
  CHECK(u.dtype() == float32);
  CHECK(min(u).item<double>() >= -1);
  CHECK(max(u).item<double>() < 3);
  CHECK(mean(u).item<double>() == Approx(1).margin(0.05));
  const Tensor n = random::normal({100, 100}, {.mean = 5, .std = 2, .dtype = float64});
  CHECK(n.dtype() == float64);
  CHECK(number(mean(n)) == Approx(5).margin(0.1));
  CHECK(std::sqrt(number(mean(square(n - 5.0)))) == Approx(2).margin(0.1));
  const Tensor b = random::bernoulli({10'000}, {.p = 0.2, .dtype = float64});
  CHECK(number(mean(b)) == Approx(0.2).margin(0.02));
  CHECK(is_same(b * b, b));
  const Tensor p = random::permutation(1000);
  CHECK(p.dtype() == int64);
  CHECK(sum(p).item<int>() == 499'500);
  CHECK_FALSE(u.has_history());
}

TEST_CASE("dropout keeps the mean, and its gradient goes where the input went") {
  const SeedScope seed(2);
  const Tensor x = variable(full({20'000}, 3, {.dtype = float64}));
  const Tensor y = dropout(x, 0.25);
  const Tensor kept = astype(y > 0.0, float64);
  CHECK(number(mean(kept)) == Approx(0.75).margin(0.02));
  CHECK(allclose(y, kept * 4.0, 1e-15));
  CHECK(allclose(gradients(sum(y), {x})[0], kept / 0.75, 1e-15));
  CHECK(Tape(y)[1].attributes() == "p=0.25");
}

TEST_CASE("dropout is linear in every order") {
  const SeedScope seed(3);
  const Tensor x = variable(full({100}, 2, {.dtype = float64}));
  const Tensor y = dropout(x, 0.5);
  const Tensor first = gradients(sum(y * y), {x}, {.differentiable = true})[0];
  const Tensor second = gradients(sum(first), {x})[0];
  const Tensor scale = y / 2.0;  // 2 where x was kept
  CHECK(allclose(first, scale * scale * 4.0));
  CHECK(allclose(second, scale * scale * 2.0));
}

TEST_CASE("dropout with p = 0 keeps all") {
  const Tensor x = variable(doubles({1, -2, 3}));
  const Tensor y = dropout(x, 0);
  CHECK(is_same(y, x));
  CHECK(is_same(gradients(sum(y), {x})[0], doubles({1, 1, 1})));
}

TEST_CASE("What cannot be drawn is refused") {
  const Tensor x = variable(doubles({1, 2}));
  expect<Error>(
      __LINE__, [&] { dropout(x, 1.0); }, "dropout: p is 1; it has to be at least 0 and below 1");
  CHECK_THAT(message_of<Error>([&] { dropout(x, -0.1); }), Contains("dropout: p is -0.1"));
  CHECK_THAT(message_of<Error>([&] { dropout(x, std::nan("")); }), Contains("dropout: p is nan"));
  CHECK_THAT(message_of<DtypeError>([] { dropout(arange(0, 3), 0.5); }), Contains("dropout: x is int64") && Contains("(random.cpp:"));
  CHECK_THROWS_AS(random::uniform({2}, {.low = 1, .high = 0}), Error);
  CHECK_THROWS_AS(random::uniform({2}, {.dtype = int64}), DtypeError);
  CHECK_THROWS_AS(random::normal({2}, {.std = -1}), Error);
  CHECK_THROWS_AS(random::bernoulli({2}, {.p = 1.5}), Error);
}

TEST_CASE("draws that cannot be made name the user's line") {
  const int line = __LINE__ + 1;
  const std::string uniform = message_of<Error>([] { random::uniform({2}, {.low = 2, .high = 1}); });
  const std::string normal = message_of<DtypeError>([] { random::normal({2}, {.dtype = int64}); });
  const std::string bernoulli = message_of<Error>([] { random::bernoulli({2}, {.p = 1.5}); });
  const auto place = [&](int offset) { return fmt::format("(random.cpp:{})", line + offset); };
  CHECK_THAT(uniform, Catch::StartsWith("uniform: low is 2 and high is 1;") && Catch::EndsWith(place(0)));
  CHECK_THAT(normal, Catch::StartsWith("normal: ") && Catch::EndsWith(place(1)));
  CHECK(bernoulli == "bernoulli: p is 1.5; a probability lies in [0, 1] " + place(2));
}

TEST_CASE("a draw of a negative number of elements, or of far too many, is an error of the caller's line") {
  const int line = __LINE__;
  const std::string negative = message_of<Error>([] { random::permutation(-1); });
  const std::string endless = message_of<ShapeError>([] { random::permutation(std::size_t{1} << 62); });
  const std::string large = message_of<MemoryError>([] { random::uniform({std::size_t{1} << 45}); });
  const auto place = [](int at) { return " (random.cpp:" + std::to_string(at) + ")"; };
  CHECK(negative == "permutation: n is -1; it has to be 0 or more" + place(line + 1));
  CHECK(endless == "an array of shape (4611686018427387904,) and dtype int64 is too large for the address space" + place(line + 2));
  CHECK(large == "cannot allocate 140737488355328 bytes for an array of shape (35184372088832,) float32" + place(line + 3));
  CHECK(random::permutation(0).shape() == Shape{0});
}
