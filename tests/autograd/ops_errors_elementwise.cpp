#include <string>

#include <catch2/catch.hpp>
#include <reel/reel.hpp>

#include "message.hpp"

using namespace reel;
using reel::test::expect;

namespace {

Tensor floats(const Shape& shape) { return variable(zeros(shape)); }
Tensor integers(const Shape& shape) { return zeros(shape, {.dtype = int64}); }
Tensor booleans(const Shape& shape) { return zeros(shape, {.dtype = boolean}); }

std::string misfit(const std::string& op) {
  return op + ": shapes (2, 3) and (2, 4) do not broadcast; axis 1 from the back has length 3 and 4, and neither is 1";
}

using Unary = Tensor (*)(Operand);
using Binary = Tensor (*)(Operand, Operand);

}  // namespace

// A place is that of the operand, so each case has its call and its __LINE__ on one line; the text follows below.
// clang-format off

TEST_CASE("functions and activations refuse int64 and bool") {
  const std::pair<const char*, Unary> functions[] = {
      {"expm1", expm1}, {"log1p", log1p}, {"log2", log2}, {"rsqrt", rsqrt}, {"reciprocal", reciprocal}, {"sin", sin}, {"cos", cos}, {"tan", tan},
      {"asin", asin}, {"acos", acos}, {"atan", atan}, {"sinh", sinh}, {"cosh", cosh}, {"asinh", asinh}, {"acosh", acosh}, {"atanh", atanh},
      {"erf", erf}, {"erfc", erfc}, {"lgamma", lgamma}, {"digamma", digamma}, {"log_sigmoid", log_sigmoid}, {"logit", logit},
      {"softsign", softsign}, {"leaky_relu", leaky_relu}, {"elu", elu}, {"selu", selu}, {"gelu", gelu}, {"silu", silu}, {"mish", mish},
      {"hardtanh", hardtanh}, {"hardsigmoid", hardsigmoid}, {"hardswish", hardswish}, {"floor", floor}, {"ceil", ceil},
      {"round", round}};
  for (const auto& [op, f] : functions) {
    expect<DtypeError>(__LINE__, [f = f] { f(integers({2})); }, std::string(op) + ": x is int64; it needs float32 or float64 (astype converts)");
    expect<DtypeError>(__LINE__, [f = f] { f(booleans({2})); }, std::string(op) + ": x is bool; it needs float32 or float64 (astype converts)");
  }
}

TEST_CASE("functions of two tensors name both shapes") {
  const std::pair<const char*, Binary> functions[] = {{"atan2", atan2}, {"hypot", hypot}, {"logaddexp", logaddexp}, {"xlogy", xlogy},
                                                      {"prelu", prelu}};
  for (const auto& [op, f] : functions) {
    expect<ShapeError>(__LINE__, [f = f] { f(floats({2, 3}), floats({2, 4})); }, misfit(op));
    expect<DtypeError>(__LINE__, [f = f] { f(integers({2}), integers({2})); }, std::string(op) + ": x is int64; it needs float32 or float64 (astype converts)");
  }
  expect<ShapeError>(__LINE__, [] { fmod(floats({2, 3}), floats({2, 4})); }, misfit("fmod"));
  expect<ShapeError>(__LINE__, [] { lerp(floats({2, 3}), floats({2, 4}), 0.5); }, misfit("lerp"));
}

TEST_CASE("options of activations name what is wrong") {
  expect<Error>(__LINE__, [] { hardtanh(floats({2}), {.min = 1, .max = 0}); }, "hardtanh: min is 1 and max is 0; min may not be above max");
  expect<Error>(__LINE__, [] { gelu(floats({2}), {.approximate = "erf"}); }, "gelu: approximate is 'erf'; it has to be 'none' or 'tanh'");
  expect<Error>(__LINE__, [] { clamp(floats({2}), {.min = 1, .max = 0}); }, "clamp: low is 1 and high is 0; low may not be above high");
  expect<Error>(__LINE__, [] { polygamma(-1, floats({2})); }, "polygamma: n is -1; it has to be 0 to 60");
}

TEST_CASE("logic names what is not bool") {
  expect<DtypeError>(__LINE__, [] { logical_and(floats({2}), booleans({2})); }, "logical_and: a is float32; it needs bool (a comparison makes one)");
  expect<DtypeError>(__LINE__, [] { booleans({2}) || integers({2}); }, "logical_or: b is int64; it needs bool (a comparison makes one)");
  expect<DtypeError>(__LINE__, [] { logical_xor(floats({2}), booleans({2})); }, "logical_xor: a is float32; it needs bool (a comparison makes one)");
  expect<DtypeError>(__LINE__, [] { !integers({2}); }, "logical_not: a is int64; it needs bool (a comparison makes one)");
  expect<ShapeError>(__LINE__, [] { logical_and(booleans({2, 3}), booleans({2, 4})); }, misfit("logical_and"));
}
