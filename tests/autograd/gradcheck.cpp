#include <initializer_list>
#include <string>

#include <fmt/format.h>
#include <catch2/catch.hpp>
#include <reel/core/kernels/kernels.hpp>
#include <reel/reel.hpp>
#include <reel/testing/catch.hpp>

using namespace reel;

namespace {

Tensor f64(const Values& values) { return variable(tensor(values, {.dtype = float64})); }

Tensor random_f64(const Shape& shape, std::uint64_t seed) {
  const SeedScope scope(seed);
  return variable(random::normal(shape, {.dtype = float64}));
}

void expect_failure(const GradcheckReport& report, std::initializer_list<std::string> parts) {
  const std::string text = report.message();
  CAPTURE(text);
  CHECK_FALSE(report.ok());
  for (const std::string& part : parts) {
    CAPTURE(part);
    CHECK(text.find(part) != std::string::npos);
  }
}

std::string place(int line) { return fmt::format("(gradcheck.cpp:{})", line); }

Tensor wrong_square(Operand x) {
  return record(
      "wrong_square", "dx = x dy", {x}, [](const Inputs& in) { return kernels::square(in[0]); },
      [](const Pullback& p) { return Gradients{p.dy() * p.input(0)}; });
}

Tensor wrong_neg(Operand x) {
  return record(
      "wrong_neg", "dx = dy", {x}, [](const Inputs& in) { return kernels::neg(in[0]); },
      [](const Pullback& p) { return Gradients{p.dy()}; });
}

Tensor wrong_transposed_matmul(Operand a, Operand b) {
  return record(
      "wrong_matmul", "da = dy·b   db = aᵀ·dy", {a, b}, [](const Inputs& in) { return kernels::matmul(in[0], in[1]); },
      [](const Pullback& p) {
        return Gradients{matmul(p.dy(), p.input(1)), matmul(p.input(0), p.dy(), {.a = true})};
      });
}

Tensor forgets_broadcast(Operand a, Operand b) {
  return record(
      "forgets_broadcast", "da = dy   db = dy", {a, b}, [](const Inputs& in) { return kernels::add(in[0], in[1]); },
      [](const Pullback& p) {
        return Gradients{p.dy(), p.dy()};
      });
}

Tensor forgets_repeats(Operand a, Operand b) {
  return record(
      "forgets_repeats", "da = dy   db = dy[0]", {a, b}, [](const Inputs& in) { return kernels::add(in[0], in[1]); },
      [](const Pullback& p) {
        return Gradients{p.dy(), p.dy().row(0)};
      });
}

Tensor ignores_dy(Operand x) {
  return record(
      "ignores_dy", "dx = 2x", {x}, [](const Inputs& in) { return kernels::square(in[0]); },
      [](const Pullback& p) { return Gradients{p.input(0) * 2.0}; });
}

/// y = x³ with the right first derivative, whose factor 3x² is cut off from the tape.
Tensor constant_slope_cube(Operand x) {
  return record(
      "constant_slope_cube", "dx = 3x²·dy", {x}, [](const Inputs& in) { return kernels::mul(in[0], kernels::square(in[0])); },
      [](const Pullback& p) { return Gradients{p.dy() * (square(p.input(0)) * 3.0).detach()}; });
}

/// Right as it is, but wrong where the gradient is to be differentiated.
Tensor two_faced_square(Operand x) {
  return record(
      "two_faced_square", "dx = 2x dy", {x}, [](const Inputs& in) { return kernels::square(in[0]); },
      [](const Pullback& p) { return Gradients{p.dy() * p.input(0) * (p.differentiable() ? 3.0 : 2.0)}; });
}

Tensor wrong_dtype(Operand x) {
  return record(
      "wrong_dtype", "dx = dy", {x}, [](const Inputs& in) { return in[0]; },
      [](const Pullback& p) { return Gradients{astype(p.dy(), float32)}; });
}

Tensor increments_its_input(Operand x) {
  return record(
      "increments_its_input", "dx = dy", {x},
      [](const Inputs& in) {
        const_cast<double*>(in[0].data<double>())[0] += 1;
        return in[0].astype(float32).astype(float64);
      },
      [](const Pullback& p) { return Gradients{p.dy()}; });
}

}  // namespace

TEST_CASE("gradcheck passes a right composite, first to third order") {
  const Tensor a = random_f64({3, 4}, 1), b = random_f64({4, 2}, 2);
  const auto f = [](const auto& in) { return tanh(matmul(in[0], in[1])); };
  CHECK_THAT(f, HasRightGradient({a, b}, {.order = 2}));
  const GradcheckReport report = gradcheck(f, {a, b}, {.order = 3});
  CHECK(report.ok());
  CHECK(report.message() == "20 derivatives of order 1, 26 derivatives of order 2, 46 derivatives of order 3 agree with numeric ones\n");
}

TEST_CASE("gradcheck takes any callable, constants, parameters and a plain function") {
  struct Affine {
    Tensor weight;
    Tensor operator()(const std::vector<Tensor>& in) const { return in[0] * weight; }
  };
  const Parameter p("p", tensor({1.0, 2.0}, {.dtype = float64}));
  CHECK(gradcheck(Affine{tensor({3.0, 4.0}, {.dtype = float64})}, {p}).ok());
  Tensor (*const pointer)(const std::vector<Tensor>&) = [](const std::vector<Tensor>& in) { return square(in[0]); };
  CHECK(gradcheck(*pointer, {tensor({1.0, 2.0})}).ok());
  CHECK(gradcheck([](const auto& in) { return where(in[0], in[1], in[2]); }, {tensor({true, false}), p, f64({3.0, 4.0})}).ok());
}

TEST_CASE("gradcheck leaves parameters and the default generator alone") {
  const Parameter p("p", tensor({1.0, 2.0}, {.dtype = float64}));
  const Generator before = default_generator();
  CHECK(gradcheck([](const auto& in) { return tanh(in[0]); }, {p}, {.order = 2}).ok());
  CHECK_FALSE(p.has_grad());
  CHECK(default_generator() == before);
}

TEST_CASE("gradcheck works in float32, with steps and tolerances of its own") {
  const Tensor x = variable(tensor({0.5, -1.5, 20.0, 1e-3})), w = variable(tensor({0.3, 0.1, -0.2, 2.0}));
  CHECK_THAT(([](const auto& in) { return mean(tanh(in[0] * in[1]) * in[0]); }), HasRightGradient({x, w}, {.order = 2}));
  expect_failure(gradcheck([](const auto& in) { return sum(wrong_square(in[0])); }, {x}),
                 {"wrong_square, input 0: x[2] = 20: your rule gives 20, "});
  // float32 in the middle of a float64 function counts as float32.
  CHECK_THAT(([](const auto& in) { return astype(exp(astype(in[0], float32)), float64); }), HasRightGradient({f64({0.5, 1.0})}));
}

TEST_CASE("gradcheck names the op, the worst element and both numbers of a wrong factor") {
  const Tensor x = f64({0.5, -1.5});
  const auto f = [](const auto& in) { return sum(wrong_square(in[0])); };
  const int line = __LINE__ - 1;
  expect_failure(gradcheck(f, {x}), {"wrong_square, input 0: x[1] = -1.5: your rule gives -1.5, the numeric derivative is -3 ±",
                                     "differ by 1.5, allowed is 3e-06", place(line), "derivative of y[1]", "2 of 2 elements are wrong",
                                     "rule of wrong_square: dx = x dy"});
}

TEST_CASE("gradcheck blames the op, not the function around it") {
  const Tensor x = random_f64({2, 3}, 3), w = random_f64({3, 2}, 4);
  const auto f = [](const auto& in) { return mean(exp(wrong_neg(tanh(matmul(in[0], in[1]))))); };
  expect_failure(gradcheck(f, {x, w}),
                 {"wrong_neg, input 0: x[", "your rule gives 1, the numeric derivative is -1 ±", "rule of wrong_neg: dx = dy"});
}

TEST_CASE("gradcheck catches a product's rule with a matrix transposed") {
  const Tensor a = random_f64({3, 3}, 5), b = random_f64({3, 3}, 6);
  expect_failure(gradcheck([](const auto& in) { return wrong_transposed_matmul(in[0], in[1]); }, {a, b}),
                 {"wrong_matmul, input 0: x[", "of 18 elements are wrong", "rule of wrong_matmul: da = dy·b"});
}

TEST_CASE("gradcheck catches a rule that forgets what was broadcast") {
  const Tensor a = random_f64({2, 3}, 7), b = random_f64({3}, 8);
  expect_failure(gradcheck([](const auto& in) { return forgets_broadcast(in[0], in[1]); }, {a, b}),
                 {"forgets_broadcast: its rule returned a gradient of shape (2, 3) and dtype float64 for input 1, which has shape (3,)"});
  expect_failure(gradcheck([](const auto& in) { return forgets_repeats(in[0], in[1]); }, {a, b}),
                 {"forgets_repeats, input 1: x[", "your rule gives 0, the numeric derivative is 1 ±"});
}

TEST_CASE("gradcheck catches a rule that gives another dtype") {
  expect_failure(
      gradcheck([](const auto& in) { return wrong_dtype(in[0]); }, {f64({1.0})}),
      {"wrong_dtype: its rule returned a gradient of shape (1,) and dtype float32 for input 0, which has shape (1,) and dtype float64"});
}

TEST_CASE("gradcheck catches a rule that ignores dy") {
  expect_failure(gradcheck([](const auto& in) { return sum(ignores_dy(in[0])); }, {f64({1.0, 2.0})}),
                 {"ignores_dy, input 0: the gradient is not linear in dy: with dy = 0 it is 2 at x[0], and should be 0",
                  "rule of ignores_dy: dx = 2x"});
}

TEST_CASE("gradcheck catches a wrong second order behind a right first") {
  const Tensor x = f64({0.5, -1.5});
  const auto f = [](const auto& in) { return constant_slope_cube(in[0]); };
  CHECK(gradcheck(f, {x}).ok());
  expect_failure(gradcheck(f, {x}, {.order = 2}), {"constant_slope_cube, second order, input 0: x[1] = -1.5: your rule gives 0, "});
  expect_failure(gradcheck([](const auto& in) { return two_faced_square(in[0]); }, {x}, {.order = 2}),
                 {"two_faced_square, second order: dx0[", "where it is to be differentiated again"});
}

TEST_CASE("gradcheck reports a kink as such, with both slopes") {
  const Tensor x = f64({1.0, 0.0, -1.0});
  const auto f = [](const auto& in) { return sum(relu(in[0])); };
  expect_failure(gradcheck(f, {x}),
                 {"relu, input 0: x[1] = 0: not differentiable here: the slope is 0 on the left and 1 on the right (your rule gives 0)"});
  CHECK_THAT(f, HasRightGradient({x}, {.kinks = Kinks::allow}));
  CHECK_THAT(f, HasRightGradient({f64({1.0, 1e-7, -1e-7})}));
  const auto jumps = [](const auto& in) { return where(in[0] > 0.0, in[0] + 1.0, in[0]); };
  expect_failure(gradcheck(jumps, {x}), {"x[1] = 0: not differentiable here: the value jumps"});
  expect_failure(gradcheck([](const auto& in) { return sqrt(in[0]); }, {x}),
                 {"sqrt, input 0: x[", "not differentiable here: the value is not finite"});
}

TEST_CASE("gradcheck prefers a wrong rule to a kink") {
  const Tensor x = f64({0.0, 2.0});
  expect_failure(gradcheck([](const auto& in) { return relu(in[0]) + wrong_square(in[0]); }, {x}), {"wrong_square, input 0: x[1] = 2"});
}

TEST_CASE("gradcheck takes steps that suit the function") {
  CHECK_THAT(([](const auto& in) { return log(in[0]); }), HasRightGradient({f64({1e-6, 1e-3, 1e3})}, {.order = 2}));
  CHECK_THAT(([](const auto& in) { return in[0] + 1e8; }), HasRightGradient({f64({1.0, -2.0})}));
  CHECK_THAT(([](const auto& in) { return sum(softmax(in[0])); }), HasRightGradient({random_f64({5}, 9)}));
  expect_failure(gradcheck([](const auto& in) { return in[0] + 1e15; }, {f64(1.0)}), {"too uncertain to judge by"});
}

TEST_CASE("gradcheck reports a function that is not deterministic") {
  const Tensor x = f64({1.0, 2.0, 3.0});
  expect_failure(gradcheck([](const auto& in) { return sum(in[0] * random::uniform({3}, {.dtype = float64})); }, {x}),
                 {"not deterministic", "when computed again", "SeedScope"});
  CHECK(gradcheck(
            [](const auto& in) {
              const SeedScope fixed(1);
              return sum(in[0] * random::uniform({3}, {.dtype = float64}));
            },
            {x})
            .ok());
}

TEST_CASE("gradcheck sees what leaves the tape") {
  expect_failure(
      gradcheck([](const auto& in) { return in[0] * in[0].detach(); }, {f64({2.0, 3.0})}),
      {"input 0: x[1] = 3: your rule gives 3, the numeric derivative is 6 ±", "each op on the tape has the right rule", "detach()"});
  expect_failure(gradcheck([](const auto& in) { return in[0].detach(); }, {f64({2.0, 3.0})}),
                 {"your rule gives 0, the numeric derivative is 1 ±"});
  CHECK(gradcheck([](const auto&) { return tensor({1.0}); }, {f64({2.0})}).ok());
}

TEST_CASE("gradcheck turns errors into reports") {
  const Tensor x = f64({1.0, 2.0});
  expect_failure(gradcheck([](const auto& in) { return matmul(in[0], in[0], {.a = true}); }, {x}),
                 {"matmul: a is (2,) transposed and b is (2,)", "thrown during gradcheck"});
  expect_failure(gradcheck([](const auto& in) { return in[0] > 0.0; }, {x}),
                 {"the result is bool; only float32 and float64 have derivatives"});
  const GradcheckReport nothing = gradcheck([](const auto& in) { return in[0]; }, {arange(0, 3)});
  const int line = __LINE__ - 1;
  expect_failure(nothing, {"no input is float32 or float64", place(line)});
  CHECK_THROWS_WITH(gradcheck([](const auto& in) { return in[0]; }, {x}, {.order = 0}),
                    Catch::Contains("gradcheck: order is 0; it is 1 or more (gradcheck.cpp:"));
}

TEST_CASE("gradcheck catches an op that writes to its input") {
  const Tensor x = f64({1.0, 2.0});
  expect_failure(gradcheck([](const auto& in) { return exp(increments_its_input(in[0])); }, {x}),
                 {"increments_its_input, input 0: the function or a rule changed the numbers of its input"});
  CHECK(x.at<double>({0}) == 1.0);
}

TEST_CASE("gradcheck asks a function only near its inputs, if that is all it allows") {
  const auto f = [](const auto& in) {
    if (in[0].template item<double>() > 1.5) throw Error("out of range");
    return square(in[0]);
  };
  CHECK_THAT(f, HasRightGradient({f64(1.0)}));
  expect_failure(gradcheck(f, {f64(1.6)}), {"out of range"});
}

TEST_CASE("gradcheck's tolerances can be set") {
  const Tensor x = f64({0.5, -1.5});
  const auto f = [](const auto& in) { return wrong_square(in[0]); };
  CHECK(gradcheck(f, {x}, {.rtol = 0.6}).ok());
  CHECK(gradcheck(f, {x}, {.atol = 2}).ok());
  CHECK_FALSE(gradcheck(f, {x}, {.atol = 1}).ok());
}

TEST_CASE("gradcheck checks what has no elements") {
  CHECK_THAT(([](const auto& in) { return sum(in[0] * in[1], 1); }),
             HasRightGradient({f64(1.0), variable(zeros({0, 3}, {.dtype = float64}))}, {.order = 2}));
  CHECK(gradcheck([](const auto& in) { return mean(in[0]); }, {variable(zeros({0, 3}))}).ok());
}

TEST_CASE("values print in failed assertions") {
  CHECK(Catch::Detail::stringify(Shape{2, 3}) == "(2, 3)");
  CHECK(Catch::Detail::stringify(float64) == "float64");
  CHECK(Catch::Detail::stringify(tensor({{1.0, 2.0}})) == "(1, 2) float32\n[[1. 2.]]");
  CHECK(Catch::Detail::stringify(Array::range(0, 2)) == "(2,) int64\n[0 1]");
  CHECK(Catch::Detail::stringify(Tensor()) == "undefined");
}

TEST_CASE("the matcher says what gradcheck says") {
  const HasRightGradient matcher({f64({0.5, -1.5})});
  CHECK(matcher.toString() == "has the right gradient");
  CHECK_FALSE(matcher.match([](const auto& in) { return wrong_square(in[0]); }));
  CHECK_THAT(matcher.toString(), Catch::StartsWith("wrong_square, input 0: x[1] = -1.5"));
}

TEST_CASE("gradcheck looks at the parameters of a module, and puts them back") {
  nn::Linear layer(3, 2);
  layer.to(float64);
  const Array weight = layer.weight.value();
  const GradcheckReport report = gradcheck(layer, {random_f64({5, 3}, 1)}, {.order = 2});
  CHECK(report.ok());
  CHECK_THAT(report.message(), Catch::StartsWith("23 derivatives of order 1"));  // 15 of the input, 6 + 2 of the parameters
  CHECK(identical(layer.weight.value(), weight));
  CHECK_FALSE(layer.weight.has_grad());

  struct Wrong : nn::Module {
    Parameter scale{ones({2}, {.dtype = float64})};
    REEL_MEMBERS(scale)
    Tensor forward(const Tensor& x) override { return x * scale.tensor().detach(); }
  } wrong;
  expect_failure(gradcheck(wrong, {f64({1.0, 2.0})}),
                 {"parameter scale: scale[1] = 1: your rule gives 0, the numeric derivative is 2 ±", "likely mistake: no gradient"});
}

TEST_CASE("a pass says what it did not prove") {
  const auto not_proved = [](const GradcheckReport& report) {
    CHECK(report.ok());
    return report.details().not_proved;
  };
  const Tensor x = f64({1.0, 0.0, -1.0});
  using Texts = std::vector<std::string>;
  CHECK(not_proved(gradcheck([](const auto& in) { return relu(in[0]); }, {x}, {.order = 2, .kinks = Kinks::allow})) ==
        Texts{"1 kinks accepted, where the rule lies between both slopes: x[1] = 0"});
  CHECK(not_proved(gradcheck([](const auto& in) { return tanh(in[0]); }, {x})) == Texts{"second derivatives ({.order = 2})"});
  CHECK(not_proved(gradcheck([](const auto& in) { return where(in[1], in[0], 0.0); }, {x, tensor({true, false, true})}, {.order = 2})) ==
        Texts{"input 1 has no gradient to check (bool)"});
  CHECK(not_proved(gradcheck([](const auto& in) { return square(in[0]); }, {random_f64({40}, 1)}, {.order = 2, .sample = 10})) ==
        Texts{"10 of 40 elements were looked at one by one, all along random directions"});
}

TEST_CASE("a wrong element outside the sample is found along random directions") {
  // The slope of one element in 5,000 is wrong.
  const auto f = [](const auto& in) {
    return record(
        "wrong_in_one", "dx = 2x·dy, but for one", {in[0]}, [](const Inputs& i) { return kernels::square(i[0]); },
        [](const Pullback& p) {
          Array g = kernels::mul(kernels::mul(p.dy().value(), p.input(0).value()), Array::scalar(2, float64));
          g.mutable_data<double>()[3333] *= 1.01;
          return Gradients{Tensor(g)};
        });
  };
  const GradcheckReport report = gradcheck(f, {random_f64({5000}, 2)}, {.sample = 50});
  expect_failure(report, {"wrong_in_one, input 0: x[3333] = "});
}

TEST_CASE("a float32 function is evaluated in float64 where it allows that") {
  const Tensor x = variable(tensor({0.5, -1.5, 1e-3}));
  const GradcheckReport tight = gradcheck([](const auto& in) { return tanh(in[0]) * in[0]; }, {x}, {.rtol = 1e-5, .atol = 1e-6});
  CAPTURE(tight.message());
  CHECK(tight.ok());  // differences in float32 could not tell as much
}

TEST_CASE("a report can be read by programs") {
  const GradcheckReport report = gradcheck([](const auto& in) { return sum(wrong_square(in[0])); }, {f64({0.5, -1.5})}, {.seed = 3});
  const int line = __LINE__ - 1;
  const auto& d = report.details();
  CHECK(d.kind == "wrong gradient");
  CHECK(d.mistake == "constant factor");
  CHECK(d.op == "wrong_square");
  CHECK(d.at.line == line);
  CHECK(d.seed == 3);
  REQUIRE(d.worst.size() == 2);
  CHECK(d.worst[0].name == "x[1]");
  CHECK(d.worst[0].rule == -1.5);
  CHECK(std::abs(d.worst[0].numeric + 3) < 1e-6);
  for (const char* part : {R"("ok": false)", R"("kind": "wrong gradient")", R"("op": "wrong_square")", R"("element": "x[1]")",
                           R"("seed": 3)", R"("place": "gradcheck.cpp:)"})
    CHECK_THAT(report.json(), Catch::Contains(part));
  CHECK_THAT(gradcheck([](const auto& in) { return exp(in[0]); }, {f64(1.0)}).json(), Catch::Contains(R"("ok": true)"));
}

TEST_CASE("a wrong rule is told from a wrong step by the remainder") {
  expect_failure(gradcheck([](const auto& in) { return sum(wrong_square(in[0])); }, {f64({0.5, -1.5})}),
                 {"the remainder falls with rate 1.0", "the rule is wrong, not the step", "likely mistake: constant factor",
                  "ruled out: sign, no gradient", "repeat with {.seed = 0}"});
}

TEST_CASE("an op is checked over shapes and values") {
  const GradcheckReport right = gradcheck_op(tanh);
  CAPTURE(right.message());
  CHECK(right.ok());
  CHECK_THAT(right.message(), Catch::StartsWith("right in 30 cases of shapes and values, to order 2"));
  CHECK(gradcheck_op([](const Tensor& a, const Tensor& b) { return maximum(a, b); }).ok());
  CHECK(gradcheck_op(log, {.low = 0}).ok());
  CHECK(gradcheck_op([](const std::vector<Tensor>& in) { return in[0] * in[1] - in[2]; }, {.inputs = 3}).ok());
  const GradcheckReport kinks = gradcheck_op(relu);
  CHECK(kinks.ok());
  CHECK_THAT(kinks.message(), Catch::Contains("not proved: zeros of shape (3, 5): 15 kinks accepted"));

  // Right for all numbers but ties.
  const auto greedy = [](const Tensor& a, const Tensor& b) {
    return record_broadcasting(
        "greedy", "da = dy where a > b, 3/2 dy where a = b", {a, b}, [](const Inputs& in) { return kernels::maximum(in[0], in[1]); },
        [](const Pullback& p) {
          const Tensor &x = p.input(0), &y = p.input(1);
          return Gradients{where(x == y, p.dy() * 1.5, where(x > y, p.dy(), 0.0)), where(x < y, p.dy(), 0.0)};
        });
  };
  expect_failure(gradcheck_op(greedy),
                 {"greedy, input 0: x of input 0 and x of input 1 = 0, moved together: your rule gives 1.5, the numeric derivative is 1 ± ",
                  "likely mistake: ties", "with zeros of shape (), ()"});
  // Outside both slopes of a kink that no tie makes.
  const auto steep_relu = [](const Tensor& x) {
    return record(
        "steep_relu", "dx = dy where x > 0, 2 dy at 0", {x}, [](const Inputs& in) { return kernels::relu(in[0]); },
        [](const Pullback& p) { return Gradients{where(p.input(0) == 0.0, p.dy() * 2.0, where(p.input(0) > 0.0, p.dy(), 0.0))}; });
  };
  expect_failure(gradcheck_op(steep_relu), {"steep_relu, input 0: x = 0: not differentiable here", "(your rule gives 2)",
                                            "likely mistake: outside both slopes", "with zeros of shape ()"});
  CHECK_THROWS_WITH(gradcheck_op(tanh, {.low = 1, .high = 1}), Catch::Contains("gradcheck_op: 1 inputs from 1 to 1"));
}
