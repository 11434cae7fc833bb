// Kernels that are compiled for one dtype refuse others, whose bytes they would read as what they are not, and past their end.
#include <array>
#include <string>

#include <catch2/catch.hpp>
#include <reel/core/kernels/kernels.hpp>
#include <reel/core/kernels/simd/map.hpp>
#include <reel/reel.hpp>

#include "message.hpp"

using namespace reel;
using namespace reel::test;
using Catch::Contains;

TEST_CASE("a formula's arrays are of one dtype, or it is an error that says so") {
  const Array fine = Array::full({3}, 1, float64), coarse = Array::full({3}, 1, float32), whole = Array::full({3}, 1, int64);
  const auto formula = [](auto a, auto b) { return a * b; };
  const std::string text =
      "a kernel for float64 was given arrays of float64, float32; all have to be of one dtype: convert them with astype()";
  CHECK(message_of<DtypeError>([&] { kernels::map_to({3}, float64, formula, fine, coarse); }) == text);
  CHECK(message_of<DtypeError>([&] { kernels::map_over(fine, formula, coarse); }) == text);
  CHECK_THROWS_AS(kernels::map_to({3}, float32, formula, fine, fine), DtypeError);
  CHECK_THROWS_AS(kernels::map_to({3}, float32, formula, coarse, whole), DtypeError);
  std::array<Array, kernels::max_operands> y;
  const auto several = [](auto a, auto b) { return std::array{a * b, a + b}; };
  const std::array<const Array*, 1> more{&coarse};
  CHECK_THROWS_AS(kernels::map_several(fine, several, more, {2, {0, 1}}, y), DtypeError);
  CHECK(kernels::map_to({3}, float64, formula, fine, fine).at<double>({2}) == 1);

  const Array* const both[] = {&fine, &coarse};
  CHECK_THROWS_AS(kernels::concatenate(both, 0), DtypeError);
  CHECK_THROWS_AS(kernels::matmul(Array::full({2, 2}, 1, float64), Array::full({2, 2}, 1, float32)), DtypeError);
}

TEST_CASE("an op of one's own with a kernel of mixed dtypes says which op and where") {
  const Tensor x = variable(doubles({1, 2, 3})), label = tensor({1.0, 0.0, 1.0});
  const SourceLocation here = SourceLocation::here();
  const auto mixes = [&] {
    return record(
        "weighed", "dx = dy·label", {Operand(x, here), label},
        [](const Inputs& in) {
          return kernels::map_to(
              in[0].shape(), in[0].dtype(), [](auto a, auto b) { return a * b; }, in[0], in[1]);
        },
        [](const Pullback& p) {
          return Gradients{p.dy() * p.input(1), none};
        });
  };
  CHECK_THAT(message_of<DtypeError>(mixes), Contains("a kernel for float64 was given arrays of float64, float32") &&
                                                Contains(fmt::format("(mixed_dtypes.cpp:{})", here.line)));
}
