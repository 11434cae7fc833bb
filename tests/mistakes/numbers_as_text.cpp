// What people print a tensor with, and calls that meet C++'s own words.
#include <sstream>
#include <type_traits>

#include <fmt/format.h>
#include <catch2/catch.hpp>
#include <reel/reel.hpp>

using namespace reel;

namespace {

template <class T>
std::string streamed(const T& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

}  // namespace

TEST_CASE("std::cout << x prints what fmt does") {
  const Tensor x = tensor({{1.0, 2.5}, {3.0, 4.0}});
  CHECK(streamed(x) == "[[1.  2.5]\n [3.  4. ]]");
  CHECK(streamed(x.value()) == fmt::format("{}", x));
  CHECK(streamed(Tensor()) == "undefined");
  CHECK(streamed(Parameter("w", tensor({1.5}))) == "[1.5]");
  CHECK(streamed(x.shape()) == "(2, 2)");
  CHECK(streamed(Ints{1, -1}) == "(1, -1)");
  CHECK(streamed(float64) == "float64");
  CHECK(streamed(optim::Score{0.5, {{"accuracy", 1}}}) == fmt::format("{}", optim::Score{0.5, {{"accuracy", 1}}}));
  const Tape tape(sum(variable(x)));
  CHECK(streamed(tape) == tape.to_string());
  const nn::Linear layer(2, 3);
  CHECK(streamed(layer) == layer.summary());
}

TEST_CASE("a tensor takes a number's format") {
  const Tensor loss = tensor(0.123456789, {.dtype = float64});
  CHECK(fmt::format("{:.4f}", loss) == "0.1235");
  CHECK(fmt::format("loss {:8.3e}|", loss) == "loss 1.235e-01|");
  CHECK(fmt::format("{:<10.2f}|", loss) == "0.12      |");
  CHECK(fmt::format("{:+.1f}", loss) == "+0.1");
  CHECK(fmt::format("{:.2f}", tensor(3)) == "3.00");
  CHECK(fmt::format("{:5}|", tensor(3)) == "    3|");
  CHECK(fmt::format("{:.3f}", Parameter("w", tensor(2.0))) == "2.000");
  CHECK(fmt::format("{:.1f}", tensor({{1.0, 2.25}, {-30.0, 4.0}})) == "[[  1.0   2.2]\n [-30.0   4.0]]");
  CHECK(fmt::format("{:.2f}", zeros({0})) == "[]");
  CHECK(fmt::format("{:.2f}", Tensor()) == "undefined");
  CHECK(fmt::format("{:.8}", tensor({0.123456789}, {.dtype = float64})) == "[0.12345679]");
  CHECK(fmt::format("{}", tensor({1.5})) == "[1.5]");
  for (const char* wrong : {"{:.f}", "{:.4x}", "{:4d}", "{:s}", "{:.}"})
    CHECK_THROWS_AS(fmt::format(fmt::runtime(wrong), loss), fmt::format_error);
}

TEST_CASE("numbers stay numbers under using namespace reel") {
  static_assert(std::is_same_v<decltype(max(1, 2)), int> && std::is_same_v<decltype(min(1.0, 2.0)), double>);
  static_assert(std::is_same_v<decltype(reel::round(2.5)), double> && std::is_same_v<decltype(reel::pow(2, 3)), double>);
  CHECK(reel::round(2.5) == 3);
  CHECK(reel::floor(-2.5) == -3);
  CHECK(reel::ceil(2.5F) == 3);
  CHECK(reel::pow(2, 3) == 8);
  CHECK(max(1, 2) == 2);
  CHECK(min(1, 2.5) == 1);
  CHECK(max(std::size_t{7}, 3) == 7);
}

TEST_CASE("stddev is std under a name of its own") {
  const Tensor x = variable(tensor({{1.0, 2.0}, {3.0, 5.0}}, {.dtype = float64}));
  CHECK(identical(stddev(x).value(), reel::std(x).value()));
  CHECK(identical(stddev(x, {0}, {.correction = 0}).value(), reel::std(x, {0}, {.correction = 0}).value()));
}

TEST_CASE("a layer's optional bias goes into an op, where it is there") {
  nn::Linear layer(2, 3);
  CHECK((layer.bias + 1).shape() == Shape{3});
  CHECK((2 * layer.bias).has_history());
  nn::Linear without(2, 3, {.bias = false});
  // clang-format off
  const int line = __LINE__; const auto add_one = [&] { return without.bias + 1; };
  // clang-format on
  CHECK_THROWS_WITH(add_one(), Catch::Contains("{.bias = false}") && Catch::Contains("numbers_as_text.cpp:" + std::to_string(line)));
}
