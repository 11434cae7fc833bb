// Mistakes with tensors: each is refused with the op, the shapes or dtypes, the place, and the cure where there is one.
#include "words.hpp"

using namespace reel;
using reel::test::refused;

// Each mistake stands on one line, whose number has to be in the answer.
// clang-format off

TEST_CASE("wrong shapes") {
  nn::Linear linear(3, 2);
  nn::Conv2d conv(3, 4, 3);
  const Tensor a = zeros({2, 3}), b = zeros({4, 5});
  refused(__LINE__, [&] { linear(b); }, {"linear", "(4, 5)", "(2, 3)", "needs 3 features"});
  refused(__LINE__, [&] { matmul(a, b); }, {"matmul", "(2, 3)", "(4, 5)"});
  refused(__LINE__, [&] { conv(zeros({1, 1, 8, 8})); }, {"conv", "(1, 1, 8, 8)"});
  refused(__LINE__, [&] { reshape(a, {4, 2}); }, {"reshape", "(2, 3)", "(4, 2)"});
  refused(__LINE__, [&] { concatenate({a, b}); }, {"concatenate", "(2, 3)", "(4, 5)"});
  refused(__LINE__, [&] { stack({a, b}); }, {"stack", "(2, 3)", "(4, 5)"});
  refused(__LINE__, [&] { einsum("ij,jk->ik", {a, b}); }, {"einsum", "3", "4"});
  refused(__LINE__, [&] { a + b; }, {"add", "(2, 3)", "(4, 5)", "broadcast"});
  refused(__LINE__, [&] { nn::mse_loss(zeros({4, 1}), zeros({4})); }, {"mse_loss", "(4, 1)", "(4,)"});
}

TEST_CASE("wrong dtypes") {
  nn::Linear linear(3, 2);
  nn::Embedding embedding(5, 2);
  const Tensor x = zeros({2, 3});
  refused(__LINE__, [&] { linear(zeros({2, 3}, {.dtype = float64})); }, {"float64", "float32"});
  refused(__LINE__, [&] { linear(zeros({2, 3}, {.dtype = int64})); }, {"int64", "float32"});
  refused(__LINE__, [&] { where(x, x, x); }, {"where", "float32", "bool"});
  refused(__LINE__, [&] { masked_fill(x, x, 0); }, {"masked_fill", "float32", "bool"});
  refused(__LINE__, [&] { mean(x > 0); }, {"mean", "bool", "astype"});
  refused(__LINE__, [&] { embedding(zeros({2})); }, {"embedding", "float32", "int64"});
  refused(__LINE__, [&] { variable(tensor({1, 2})); }, {"variable", "int64"});
  refused(__LINE__, [&] { Parameter(tensor({1, 2})); }, {"int64"});
}

TEST_CASE("whole numbers times a fraction are what a layer takes") {
  nn::Linear linear(2, 1);
  CHECK_NOTHROW(linear(tensor({{1, 2}, {3, 4}}) * 0.5));
  CHECK_NOTHROW(linear(reshape(arange(0, 4) * 0.1, {2, 2})));
}

TEST_CASE("wrong labels") {
  const Tensor scores = zeros({2, 3});
  refused(__LINE__, [&] { nn::cross_entropy(scores, tensor({1, 3})); }, {"cross_entropy", "3"});
  refused(__LINE__, [&] { nn::cross_entropy(scores, tensor({1.0, 2.0})); }, {"cross_entropy", "(2,)"});
  refused(__LINE__, [&] { nn::cross_entropy(scores, tensor({{1}, {2}})); }, {"cross_entropy", "(2, 1)"});
  refused(__LINE__, [&] { nn::cross_entropy(tensor({1, 2}), scores); }, {"cross_entropy", "prediction is (2,)", "target is (2, 3)", "classes are int64"});
  refused(__LINE__, [&] { nn::binary_cross_entropy(tensor({2.5, -1.0}), tensor({1.0, 0.0})); }, {"binary_cross_entropy", "binary_cross_entropy_with_logits"});
  nn::Embedding embedding(5, 2);
  refused(__LINE__, [&] { embedding(tensor({5})); }, {"embedding", "5"});
}

TEST_CASE("backward in vain") {
  Parameter w("w", tensor({1.0, 2.0}));
  const Tensor loss = sum(w * w), shared = exp(w), constant = tensor({1.0}), x = variable(tensor({1.0}));
  refused(__LINE__, [&] { w.grad(); }, {"w", "grad", "backward"});
  refused(__LINE__, [&] { sum(x * x).backward(); }, {"backward", "for variables, gradients(y, {x})"});
  loss.backward();
  refused(__LINE__, [&] { loss.backward(); }, {"released", "retain"});
  sum(shared).backward();
  refused(__LINE__, [&] { sum(shared * 2).backward(); }, {"released", "retain"});
  refused(__LINE__, [&] { exp(w).backward(); }, {"(2,)", "needs one number", ".seed"});
  refused(__LINE__, [&] { sum(w).detach().backward(); }, {"backward", "history"});
  const auto unrecorded = [&] { const NoGrad pause; return sum(w); }();
  refused(__LINE__, [&] { unrecorded.backward(); }, {"backward", "history"});
  refused(__LINE__, [&] { gradients(sum(w), {constant}); }, {"constant"});
  Parameter frozen("frozen", tensor({1.0}));
  frozen.set_requires_grad(false);
  refused(__LINE__, [&] { sum(frozen * 2).backward(); }, {"backward", "history"});
  refused(__LINE__, [&] { frozen.grad(); }, {"frozen"});
}

TEST_CASE("what is not there") {
  const Tensor undefined, x = tensor({{1.0, 2.0}});
  refused(__LINE__, [&] { undefined.value(); }, {"value", "not defined"});
  refused(__LINE__, [&] { undefined.shape(); }, {"shape", "not defined"});
  refused(__LINE__, [&] { undefined.detach(); }, {"detach", "not defined"});
  refused(__LINE__, [&] { undefined.named("y"); }, {"named", "not defined"});
  refused(__LINE__, [&] { zeros_like(undefined); }, {"zeros_like", "not defined"});
  refused(__LINE__, [&] { allclose(x, undefined); }, {"allclose", "not defined"});
  refused(__LINE__, [&] { undefined + 1; }, {"add"});
  refused(__LINE__, [&] { x.item<float>(); }, {"item", "(1, 2)"});
  refused(__LINE__, [&] { x.at<float>({0, 5}); }, {"5", "(1, 2)"});
  refused(__LINE__, [&] { x.row(3); }, {"3", "(1, 2)"});
  refused(__LINE__, [&] { sum(x, {2}); }, {"sum", "axis 2", "-2 to 1"});
}

TEST_CASE("arrays that cannot be made say where") {
  constexpr std::int64_t many = std::int64_t{1} << 40;
  refused(__LINE__, [&] { zeros({-1}); }, {"a shape with the length -1"});
  refused(__LINE__, [&] { ones({1, 1, 1, 1, 1, 1, 1, 1, 1}); }, {"9 axes", "at most 8"});
  refused(__LINE__, [&] { zeros({many, many}); }, {"zeros", "(1099511627776, 1099511627776)"});
  refused(__LINE__, [&] { arange(0, std::int64_t{1} << 61); }, {"arange"});
  refused(__LINE__, [&] { random::normal({-1}); }, {"-1"});
  refused(__LINE__, [&] { tensor({{1.0, 2.0}, {3.0}}); }, {"tensor", "nested lists", "1 elements", "2 elements"});
}

TEST_CASE("the second argument of norm() is axes") {
  CHECK(norm(tensor({{3.0, 4.0}, {6.0, 8.0}}), {1}).shape() == Shape{2});
  CHECK(norm(tensor({{3.0, 4.0}, {6.0, 8.0}}), {1}).at<float>({1}) == 10);
}

TEST_CASE("gradcheck takes functions of tensors as they are") {
  const Tensor x = tensor({0.5, -1.5}, {.dtype = float64}), y = tensor({2.0, 3.0}, {.dtype = float64});
  CHECK(gradcheck(relu, {x}).ok());
  CHECK(gradcheck([](const Tensor& a) { return exp(a); }, {x}, {.order = 2}).ok());
  CHECK(gradcheck([](const Tensor& a, const Tensor& b) { return a * b; }, {x, y}, {.order = 2}).ok());
  const std::string said = gradcheck([](const Tensor& a, const Tensor& b) { return a * b; }, {x}).message();
  CHECK_THAT(said, Catch::Contains("2") && Catch::Contains("1"));
}

TEST_CASE("values of temporaries and operands that are kept are right") {
  const Tensor x = tensor({-1.0, 2.0, 3.0});
  const auto& value = relu(x).value();
  const Operand kept = relu(x) * 3;
  const Tensor other = full({3}, 7.0);
  CHECK(value.at<float>({2}) == 3);
  CHECK(kept.value().at<float>({1}) == 6);
  CHECK(sum(kept).item<float>() == 15);
}

TEST_CASE("record() refuses what captures by reference") {
  const Tensor x = variable(tensor({1.0, 2.0}));
  double factor = 5;
  refused(__LINE__, [&] { record("scaled", "dx = f·dy", {x}, [](const Inputs& in) { return in[0]; }, [&](const Pullback& p) -> Gradients { return p.dy() * factor; }); }, {"scaled", "captures by reference"});
}

TEST_CASE("predictions do not keep the tape, and labels made of them do not break it") {
  Parameter w("w", tensor({{1.0, 2.0}, {3.0, 1.0}}));
  const Tensor scores = matmul(tensor({{1.0, 0.0}, {0.0, 1.0}}), w), labels = argmax(scores, 1);
  CHECK_FALSE(labels.has_history());
  CHECK(Tape(labels).size() == 1);
  CHECK(Tape(sum(labels == tensor({1, 0}))).size() == 1);
  nn::cross_entropy(scores, labels).backward();
  CHECK_NOTHROW(nn::cross_entropy(matmul(tensor({{1.0, 0.0}}), w), slice(labels, {{0, 1}})).backward());
  refused(__LINE__, [&] { mean(astype(argmax(matmul(tensor({{1.0, 0.0}}), w), 1), float32)).backward(); }, {"argmax", "has no gradient"});
}

TEST_CASE("backward() after the model is gone says what is missing") {
  const auto loss_of = [] {
    nn::Linear layer(2, 1);
    return sum(layer(zeros({1, 2})));
  };
  const Tensor loss = loss_of();
  refused(__LINE__, [&] { loss.backward(); }, {"backward", "the parameters in the history are gone"});
}
