#include <reel/autograd/tensor.hpp>

#include "message.hpp"

using namespace reel;
using namespace reel::test;
using Catch::Contains;

TEST_CASE("Nested braces give nested axes") {
  CHECK(tensor(5.0).shape() == Shape{});
  CHECK(tensor({5.0}).shape() == Shape{1});
  CHECK(tensor({{5.0}}).shape() == Shape{1, 1});
  CHECK(tensor({1.0, 2.0}).shape() == Shape{2});
  CHECK(tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}).shape() == Shape{2, 3});
  CHECK(tensor({{{1, 2}}, {{3, 4}}, {{5, 6}}}).shape() == Shape{3, 1, 2});
  CHECK(tensor({}).shape() == Shape{0});
  CHECK(tensor({{}, {}}).shape() == Shape{2, 0});
  const Tensor t = tensor({{1, 2, 3}, {4, 5, 6}});
  CHECK(t.at<int>({1, 0}) == 4);
  CHECK(t.at<int>({-1, -1}) == 6);
}

TEST_CASE("The dtype follows from the numbers, or is given") {
  CHECK(tensor({1.0, 2.0}).dtype() == float32);
  CHECK(tensor({1.0f}).dtype() == float32);
  CHECK(tensor({1, 2.5}).dtype() == float32);
  CHECK(tensor({1, 2}).dtype() == int64);
  CHECK(tensor({std::size_t{3}}).dtype() == int64);
  CHECK(tensor({true, false}).dtype() == boolean);
  CHECK(tensor({true, 2}).dtype() == int64);
  CHECK(tensor({true, 2.5}).dtype() == float32);
  CHECK(tensor({}).dtype() == float32);
  CHECK(tensor({1, 2}, {.dtype = float64}).dtype() == float64);
  CHECK(tensor({0.5, 0.0}, {.dtype = boolean}).at<bool>({0}));
  CHECK(tensor({std::int64_t{9007199254740993}}).item<std::int64_t>() == 9007199254740993);
  CHECK(full({2}, 3).dtype() == float32);
  CHECK(zeros({2}, {.dtype = int64}).dtype() == int64);
  CHECK(is_same(ones_like(arange(0, 2)), tensor({1, 1})));
  CHECK(is_same(zeros_like(doubles({1, 2})), doubles({0, 0})));
  CHECK(is_same(arange(-1, 2), tensor({-1, 0, 1})));
  CHECK(arange(3, 1).shape() == Shape{0});
}

TEST_CASE("Lists of unequal lengths are refused") {
  const std::string rule = "tensor: the nested lists do not make a full array; on axis 1 one has ";
  const Values longer = {{1, 2}, {3, 4, 5}}, without = {{1, 2}, 3}, with = {1, {2}};
  shape_error(
      __LINE__, [&] { tensor(longer); }, rule + "3 elements and the first has 2 elements");
  shape_error(
      __LINE__, [&] { tensor(without); }, rule + "no list and the first has 2 elements");
  shape_error(
      __LINE__, [&] { tensor(with); }, rule + "1 elements and the first has no list");
  CHECK_THAT(message_of<ShapeError>([] { tensor({{{{{{{{{1}}}}}}}}}); }), Contains("a shape of 9 axes; Reel's arrays have at most 8"));
}

TEST_CASE("item() and at() read elements, converted") {
  const Tensor t = doubles({{1.5, 2.5}});
  CHECK(t.at<float>({0, 1}) == 2.5f);
  CHECK(t.at<int>({0, 1}) == 2);
  CHECK(doubles({{7}}).item<int>() == 7);
}

TEST_CASE("item() and at() name the line that asks for what is not there") {
  const Tensor t = doubles({{1.5, 2.5}}), empty = tensor({}), undefined;
  const auto here = [](int line) { return " (tensor.cpp:" + std::to_string(line) + ")"; };
  const int line = __LINE__ + 1;
  const std::string two = message_of<ShapeError>([&] { t.item<double>(); });
  const std::string nothing = message_of<ShapeError>([&] { empty.item<double>(); });
  const std::string above = message_of<ShapeError>([&] { t.at<double>({0, 2}); });
  const std::string below = message_of<ShapeError>([&] { t.at<double>({-2, 0}); });
  const std::string few = message_of<ShapeError>([&] { t.at<double>({0}); });
  const std::string without = message_of<Error>([&] { undefined.item<double>(); });
  CHECK(two == "item: an array of shape (1, 2) has 2 elements; item() needs exactly one" + here(line));
  CHECK(nothing == "item: an array of shape (0,) has 0 elements; item() needs exactly one" + here(line + 1));
  CHECK(above == "at: index 2 is out of range for axis 1 of shape (1, 2)" + here(line + 2));
  CHECK(below == "at: index -2 is out of range for axis 0 of shape (1, 2)" + here(line + 3));
  CHECK(few == "at: 1 indices for an array of shape (1, 2), which has 2 axes" + here(line + 4));
  CHECK(without == "item: the tensor is not defined (a Tensor without a value)" + here(line + 5));
}

TEST_CASE("Rows and columns, with gradients") {
  const Tensor t = variable(doubles({{1, 2, 3}, {4, 5, 6}}));
  CHECK(is_same(t.column(1), doubles({2, 5})));
  CHECK(is_same(t.column(-1), doubles({3, 6})));
  CHECK(is_same(t.row(1), doubles({4, 5, 6})));
  CHECK(is_same(t.row(-2), doubles({1, 2, 3})));
  const int line = __LINE__ + 1;
  const Tensor y = sum(t.column(0) * 2.0) + sum(t.row(0));
  CHECK(is_same(gradients(y, {t})[0], doubles({{3, 1, 1}, {2, 0, 0}})));
  CHECK(Tape(y)[1].location().line == line);
  const std::string row = message_of<ShapeError>([&] { t.row(2); });
  CHECK_THAT(row, Contains("slice") && Contains("(2, 3)") && Contains("(tensor.cpp:"));
  CHECK_THAT(message_of<ShapeError>([&] { t.column(3); }), Contains("(2, 3)") && Contains("(tensor.cpp:"));
  CHECK_THAT(message_of<ShapeError>([&] { doubles({1, 2}).column(0); }), Contains("(2,)") && Contains("(tensor.cpp:"));
}

TEST_CASE("Tensors print as their arrays do") {
  CHECK(fmt::format("{}", doubles({{1, 2}, {3, 4.5}})) == "[[1.  2. ]\n [3.  4.5]]");
  CHECK(fmt::format("{}", arange(0, 3)) == "[0 1 2]");
  CHECK(fmt::format("{}", tensor(2.0)) == "2.0");
  CHECK(fmt::format("{}", Tensor()) == "undefined");
}

TEST_CASE("A tensor that is not defined says so") {
  const Tensor t;
  CHECK_FALSE(t.defined());
  CHECK_FALSE(t.has_history());
  CHECK(t.name().empty());
  const std::string text = ": the tensor is not defined (a Tensor without a value)";
  expect<Error>(
      __LINE__, [&] { t.value(); }, "value" + text);
  expect<Error>(
      __LINE__, [&] { t.shape(); }, "shape" + text);
  expect<Error>(
      __LINE__, [&] { t.rank(); }, "rank" + text);
  expect<Error>(
      __LINE__, [&] { t.size(); }, "size" + text);
  expect<Error>(
      __LINE__, [&] { t.dtype(); }, "dtype" + text);
  expect<Error>(
      __LINE__, [&] { t.named("a"); }, "named" + text);
  expect<Error>(
      __LINE__, [&] { t.detach(); }, "detach" + text);
  expect<Error>(
      __LINE__, [&] { variable(t); }, "variable" + text);
  expect<Error>(
      __LINE__, [&] { Parameter("w", t); }, "Parameter" + text);
  expect<Error>(
      __LINE__, [&] { zeros_like(t); }, "zeros_like" + text);
  expect<Error>(
      __LINE__, [&] { ones_like(t); }, "ones_like" + text);
  expect<Error>(
      __LINE__, [&] { allclose(t, zeros({})); }, "allclose" + text);
  expect<Error>(
      __LINE__, [&] { Tape{t}; }, "Tape" + text);
  expect<Error>(
      __LINE__, [&] { t.backward(); }, "backward" + text);
  CHECK_FALSE(Tensor(none).defined());
}

TEST_CASE("Handles are cheap, and survive assignment to themselves") {
  Tensor a = doubles({1});
  const Tensor b = a;
  CHECK(b.base() == a.base());
  Tensor& alias = a;
  a = alias;
  CHECK(number(a) == 1);
  a = std::move(alias);
  CHECK(number(b) == 1);
  a = Tensor();
  CHECK(number(b) == 1);
}

TEST_CASE("allclose compares shapes and numbers") {
  CHECK(allclose(doubles({1, 2}), doubles({1, 2 + 1e-6})));
  CHECK_FALSE(allclose(doubles({1, 2}), doubles({1, 2.1})));
  CHECK(allclose(doubles({1, 2}), doubles({1, 2.1}), 0, 0.2));
  CHECK_FALSE(allclose(doubles({1, 2}), doubles({{1, 2}})));
}

TEST_CASE("Making a tensor names the function and the line") {
  shape_error(
      __LINE__, [] { zeros({-1}); }, "a shape with the length -1; lengths are 0 or more");
  shape_error(
      __LINE__ + 2,
      [] {
        ones({2, -3});
      },
      "a shape with the length -3; lengths are 0 or more");
  shape_error(
      __LINE__, [] { random::normal({-1}); }, "a shape with the length -1; lengths are 0 or more");
  const std::int64_t huge = std::int64_t{1} << 62;
  shape_error(
      __LINE__, [&] { zeros({huge}); },
      "zeros: an array of shape (4611686018427387904,) and dtype float32 is too large for the address space");
  shape_error(
      __LINE__, [&] { full({huge}, 1, {.dtype = int64}); },
      "full: an array of shape (4611686018427387904,) and dtype int64 is too large for the address space");
  shape_error(
      __LINE__, [&] { arange(0, huge); },
      "arange: an array of shape (4611686018427387904,) and dtype int64 is too large for the address space");
  dtype_error(
      __LINE__ + 2,
      [] {
        variable(tensor({1, 2}));
      },
      "variable: the value is int64; only float32 and float64 can be differentiated by");
  dtype_error(
      __LINE__ + 2,
      [] {
        Parameter("w", tensor({1, 2}));
      },
      "parameter w: its value is int64; parameters are float32 or float64");
  CHECK_THAT(message_of<ShapeError>([] { zeros({1, 1, 1, 1, 1, 1, 1, 1, 1}); }), Contains("9") && Contains("(tensor.cpp:"));
}
