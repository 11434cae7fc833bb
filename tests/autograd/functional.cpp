// jvp, vjp, jacobian, hessian, hvp, value_and_grad, vmap: against closed forms, each other and themselves, one inside the other.
#include <pthread.h>

#include <cmath>
#include <thread>

#include "message.hpp"

using namespace reel;
using namespace reel::test;
using Catch::Contains;

namespace {

Tensor random_doubles(const Shape& shape) { return random::normal(shape, {.dtype = float64}); }

double dot(const Tensor& a, const Tensor& b) { return number(sum(a * b)); }

/// Uses many ops, broadcasts both ways, uses inputs twice, has parts that do not depend on anything.
Tensor mixed(const Tensor& x, const Tensor& w) {
  const Tensor h = matmul(tanh(x) * 2.0 + ones_like(x), w);
  const Tensor s = softmax(h) * maximum(h, 0.1) - mean(h, 1, {.keepdims = true});
  return concatenate({s, slice(exp(h * 0.3), {{}, {0, 2}}), where(h > 0.0, h, h * h)}, 1) / sqrt(sum(square(w)) + 1.0);
}

}  // namespace

TEST_CASE("jvp against closed forms") {
  const Tensor x = doubles({0.5, -1}), dx = doubles({2, 3});
  const auto [y, dy] = jvp([](const Tensor& t) { return sum(tanh(t) * t); }, x, dx);
  const double p = std::tanh(0.5), q = std::tanh(-1.0);
  CHECK(number(y) == Approx(0.5 * p - q));
  CHECK(number(dy) == Approx(2 * ((1 - p * p) * 0.5 + p) + 3 * (-(1 - q * q) + q)));
  CHECK_FALSE(y.has_history());
  CHECK_FALSE(dy.has_history());
  const auto [z, dz] =
      jvp([](const Tensor& a, const Tensor& b) { return matmul(a, b); }, {ones({2, 3}), ones({3, 2})}, {full({2, 3}, 2), full({3, 2}, 5)});
  CHECK(is_same(dz, full({2, 2}, 21)));
  CHECK(is_same(jvp(reel::tanh, x, dx).tangent, jvp([](const auto& in) { return tanh(in[0]); }, {x}, {dx}).tangent));
}

TEST_CASE("jvp along a recorded tape: variables, parameters, results on the way") {
  Parameter w("w", doubles({2, 3}));
  const Tensor x = variable(doubles({1, -1})), unused = variable(doubles({1}));
  const Tensor h = w * x, y = h * h + x;
  CHECK(is_same(jvp(y, {x}, {doubles({1, 10})}), doubles({9, -170})));  // 2hw + 1
  CHECK(is_same(jvp(y, {w, x}, {doubles({1, 0}), doubles({0, 1})}), doubles({4, -17})));
  CHECK(is_same(jvp(y, h, doubles({1, 1})), doubles({4, -6})));
  CHECK(is_same(jvp(y, {h, x}, {doubles({1, 1}), doubles({1, 1})}), doubles({4 + 9, -6 - 17})));
  CHECK(is_same(jvp(y, y, doubles({7, 8})), doubles({7, 8})));
  CHECK(is_same(jvp(y, {x, unused}, {doubles({0, 0}), doubles({1})}), doubles({0, 0})));
  CHECK(is_same(jvp(y, unused, doubles({1})), doubles({0, 0})));
  CHECK(is_same(jvp(sum(where(x > 0.0, x, 0.0)), x, doubles({5, 5})), doubles(5)));
  CHECK(is_same(jvp(y, {x, x}, {doubles({1, 0}), doubles({0, 10})}), doubles({9, -170})));
}

TEST_CASE("Forward and reverse mode are transposes of each other: <v, J u> = <Jᵀ v, u>") {
  const SeedScope seed(1);
  const Tensor x = random_doubles({3, 4}), w = random_doubles({4, 5});
  const Tensor dx = random_doubles({3, 4}), dw = random_doubles({4, 5});
  const auto [y, dy] = jvp(mixed, {x, w}, {dx, dw});
  const Tensor v = random_doubles(y.shape());
  const auto [again, pull] = vjp(mixed, {x, w});
  CHECK(is_same(again, y));
  const auto g = pull(v);
  CHECK(dot(v, dy) == Approx(dot(g[0], dx) + dot(g[1], dw)).epsilon(1e-12));
  const double h = 1e-6;
  CHECK(allclose(dy, (mixed(x + h * dx, w + h * dw) - mixed(x - h * dx, w - h * dw)) / (2 * h), 1e-7, 1e-8));
  CHECK(is_same(pull(v)[0], g[0]));
}

TEST_CASE("vjp of one tensor, of a scalar, with a seed that has a history") {
  const Tensor x = doubles({1, 2});
  const auto [y, pull] = vjp([](const Tensor& t) { return t * t; }, x);
  CHECK(is_same(pull(doubles({1, 10})), doubles({2, 40})));
  CHECK_FALSE(pull(doubles({1, 10})).has_history());
  CHECK(number(vjp([](const Tensor& t) { return sum(t * t); }, x).pull().row(1)) == 4);
  const Tensor v = variable(doubles({1, 1}));
  CHECK(is_same(gradients(sum(pull(v) * doubles({1, 2})), {v})[0], doubles({2, 8})));
  expect<GradientError>(
      __LINE__, [&, &p = pull] { p(doubles({1})); },
      "vjp: the seed is (1,) float64 and the tensor is (2,) float64; they need one shape and dtype");
}

TEST_CASE("jacobian: rows and columns agree, shapes, options") {
  const SeedScope seed(2);
  const Tensor x = random_doubles({2, 3}), w = random_doubles({3, 2});
  const auto rows = jacobian(mixed, {x, w}, {.mode = JacobianMode::reverse});
  const auto columns = jacobian(mixed, {x, w}, {.mode = JacobianMode::forward});
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].shape() == Shape{2, 6, 2, 3});
  CHECK(rows[1].shape() == Shape{2, 6, 3, 2});
  for (int i = 0; i < 2; ++i) CHECK(allclose(rows[static_cast<std::size_t>(i)], columns[static_cast<std::size_t>(i)], 1e-12, 1e-14));
  const Tensor a = random_doubles({3, 2});
  const auto linear_map = [&](const Tensor& t) { return matmul(a, t); };
  CHECK(is_same(jacobian(linear_map, doubles({{1}, {2}})), reshape(a, {3, 1, 2, 1})));
  CHECK(is_same(jacobian([](const Tensor& t) { return t * t; }, doubles(3)), doubles(6)));
  CHECK(jacobian(reel::tanh, zeros({0})).shape() == Shape{0, 0});
  CHECK(jacobian([](const Tensor& t) { return sum(t); }, zeros({0, 2})).shape() == Shape{0, 2});
  CHECK(is_same(jacobian(reel::tanh, zeros({0}), {.mode = JacobianMode::forward}), zeros({0, 0})));
  for (const JacobianMode mode : {JacobianMode::reverse, JacobianMode::forward}) {
    const Tensor single = jacobian([](const Tensor& t) { return astype(t * 2.0, float64); }, ones({2}), {.mode = mode});
    CHECK(is_same(single, tensor({{2.0, 0.0}, {0.0, 2.0}})));
  }
}

TEST_CASE("jacobian of a recorded result, by several, and where nothing depends") {
  Parameter w("w", doubles({2, 3}));
  const Tensor x = variable(doubles({1, -1})), unused = variable(doubles({1, 2, 3}));
  const Tensor y = w * x * x;
  for (const JacobianMode mode : {JacobianMode::reverse, JacobianMode::forward}) {
    const auto j = jacobian(y, {x, w, unused}, {.mode = mode});
    CHECK(allclose(j[0], doubles({{4, 0}, {0, -6}})));
    CHECK(is_same(j[1], doubles({{1, 0}, {0, 1}})));
    CHECK(is_same(j[2], zeros({2, 3}, {.dtype = float64})));
    const Tensor again = jacobian(y, x, {.mode = mode, .differentiable = true});
    CHECK(allclose(again, j[0]));
    CHECK(is_same(gradients(sum(again), {x})[0], doubles({4, 6})));
    CHECK(is_same(gradients(sum(again), {w})[0], doubles({2, -2})));
  }
  CHECK_FALSE(jacobian(y, x).has_history());
}

TEST_CASE("hessian: symmetric, blocks of several inputs, hvp is hessian times v") {
  const SeedScope seed(3);
  const Tensor x = random_doubles({2, 3}), w = random_doubles({3, 2});
  const auto f = [](const Tensor& a, const Tensor& b) { return sum(square(mixed(a, b))); };
  const auto h = hessian(f, {x, w});
  REQUIRE(h.size() == 2);
  REQUIRE(h[1].size() == 2);
  CHECK(h[0][1].shape() == Shape{2, 3, 3, 2});
  const auto matrix = [](const Tensor& t, int rows, int columns) { return reshape(t, {rows, columns}); };
  CHECK(allclose(matrix(h[0][0], 6, 6), transpose(matrix(h[0][0], 6, 6)), 1e-9, 1e-10));
  CHECK(allclose(matrix(h[0][1], 6, 6), transpose(matrix(h[1][0], 6, 6)), 1e-9, 1e-10));
  const Tensor vx = random_doubles({2, 3}), vw = random_doubles({3, 2});
  const auto product = hvp(f, {x, w}, {vx, vw});
  const Tensor column_x = reshape(vx, {6, 1}), column_w = reshape(vw, {6, 1});
  for (std::size_t i = 0; i < 2; ++i) {
    const Tensor expected = matmul(matrix(h[i][0], 6, 6), column_x) + matmul(matrix(h[i][1], 6, 6), column_w);
    CHECK(allclose(reshape(product[i], {6, 1}), expected, 1e-9, 1e-10));
  }
  // forward over reverse
  const auto slope = [&](const Tensor& a) { return vjp([&](const Tensor& t) { return f(t, w); }, a).pull(); };
  CHECK(allclose(jvp(slope, x, vx).tangent, hvp([&](const Tensor& t) { return f(t, w); }, x, vx), 1e-9, 1e-10));
}

TEST_CASE("hessian and hvp of recorded results, of linear functions, of modules") {
  Parameter w("w", doubles({2, 3}));
  const Tensor x = variable(doubles({1, -1}));
  const Tensor loss = sum(w * x * x * x);
  CHECK(allclose(hessian(loss, x), doubles({{12, 0}, {0, -18}})));
  const auto blocks = hessian(loss, {x, w});
  CHECK(is_same(blocks[0][1], doubles({{3, 0}, {0, 3}})));
  CHECK(is_same(blocks[1][1], doubles({{0, 0}, {0, 0}})));
  CHECK(is_same(hvp(loss, x, doubles({1, 2})), doubles({12, -36})));
  const auto both = hvp(loss, {x, w}, {doubles({1, 0}), doubles({0, 1})});
  CHECK(is_same(both[0], doubles({12, 3})));
  CHECK(is_same(both[1], doubles({3, 0})));
  const Tensor linear_function = sum(x * 2.0);
  CHECK(is_same(hessian(linear_function, x), doubles({{0, 0}, {0, 0}})));
  CHECK(is_same(hvp(linear_function, x, doubles({1, 1})), doubles({0, 0})));
  CHECK(is_same(jvp(gradients(loss, {x}, {.differentiable = true})[0], x, doubles({1, 2})), doubles({12, -36})));

  const SeedScope seed(4);
  nn::Linear layer(3, 2);
  const Tensor data = random::normal({4, 3});
  const Tensor error = sum(square(layer(data)));
  std::vector<Tensor> v;
  for (const ParameterRef& p : layer.parameters()) v.push_back(ones_like(p));
  const auto product = hvp(error, layer.parameters(), v);
  const auto full = hessian(error, layer.parameters());
  CHECK(allclose(product[1], sum(full[1][0], {1, 2}) + sum(full[1][1], 1), 1e-4, 1e-4));
}

TEST_CASE("Compositions: jvp of jvp, gradient of hvp, hessian by any route, third orders") {
  const SeedScope seed(5);
  const Tensor x = random_doubles({3}), u = random_doubles({3}), v = random_doubles({3});
  const Tensor a = random_doubles({3, 3});
  const auto f = [&](const Tensor& t) { return sum(tanh(matmul(reshape(t, {1, 3}), a)) * exp(t)); };
  const Tensor h = hessian(f, x);
  const auto along = [](const Tensor& m, const Tensor& left, const Tensor& right) {
    return number(matmul(reshape(left, {1, 3}), matmul(m, reshape(right, {3, 1}))));
  };
  // u' H v as a jvp of a jvp
  const auto first = [&](const Tensor& t) { return jvp(f, t, v).tangent; };
  CHECK(number(jvp(first, x, u).tangent) == Approx(along(h, u, v)).epsilon(1e-10));
  // along one recorded tape
  const Tensor x1 = variable(x), y = f(x1);
  const Tensor dy = jvp(y, x1, v, {.differentiable = true});
  CHECK(number(jvp(dy, x1, u)) == Approx(along(h, u, v)).epsilon(1e-10));
  CHECK(allclose(gradients(dy, {x1})[0], hvp(y, x1, v), 1e-10, 1e-12));
  // jacobians of gradients
  const auto slope = [&](const Tensor& t) { return value_and_grad(f)(t).grad; };
  for (const JacobianMode mode : {JacobianMode::reverse, JacobianMode::forward})
    CHECK(allclose(jacobian(slope, x, {.mode = mode}), h, 1e-10, 1e-12));
  CHECK(allclose(jacobian([&](const Tensor& t) { return jacobian(f, t); }, x), h, 1e-10, 1e-12));
  // the gradient of v' H v, three ways, and by differences
  const auto curvature = [&](const Tensor& t) { return sum(hvp(f, t, v) * v); };
  const Tensor third = value_and_grad(curvature)(x).grad;
  const auto curvature_by_jvp = [&](const Tensor& t) { return jvp([&](const Tensor& s) { return jvp(f, s, v).tangent; }, t, v).tangent; };
  CHECK(allclose(value_and_grad(curvature_by_jvp)(x).grad, third, 1e-9, 1e-11));
  const Tensor x2 = variable(x);
  CHECK(allclose(gradients(sum(hvp(f, x2, v) * v), {x2})[0], third, 1e-9, 1e-11));
  const double step = 1e-5;
  CHECK(number(sum(third * u)) == Approx((number(curvature(x + step * u)) - number(curvature(x - step * u))) / (2 * step)).epsilon(1e-7));
  // hessian of a function of a hessian
  const auto trace = [&](const Tensor& t) { return sum(hessian(f, t) * doubles({{1, 0, 0}, {0, 1, 0}, {0, 0, 1}})); };
  const Tensor of_trace = value_and_grad(trace)(x).grad;
  const double slope_of_trace = (number(trace(x + step * u)) - number(trace(x - step * u))) / (2 * step);
  CHECK(number(sum(of_trace * u)) == Approx(slope_of_trace).epsilon(1e-7));
}

TEST_CASE("Inner and outer derivatives by the same point are not confused") {
  // d/dx [x · d/dy (x y)] at y = x is d/dx x² = 2x
  const Tensor x = doubles(3);
  const auto outer = [](const Tensor& t) { return t * jvp([&](const Tensor& y) { return t * y; }, t, doubles(1)).tangent; };
  CHECK(number(jvp(outer, x, doubles(1)).tangent) == 6);
  const auto by_grad = [](const Tensor& t) { return t * value_and_grad([&](const Tensor& y) { return t * y; })(t).grad; };
  CHECK(number(value_and_grad(by_grad)(x).grad) == 6);
}

TEST_CASE("Results are differentiable where an input or a tangent is, or when asked") {
  const auto f = [](const Tensor& t) { return t * t * t; };
  const Tensor x = variable(doubles(2)), c = doubles(2), v = variable(doubles(5));
  CHECK(number(gradients(jvp(f, x, c).tangent, {x})[0]) == 24);
  CHECK(number(gradients(jvp(f, c, v).tangent, {v})[0]) == 12);
  CHECK(number(gradients(jvp(f, x, c).value, {x})[0]) == 12);
  CHECK_FALSE(jvp(f, c, c).tangent.has_history());
  CHECK_FALSE(jvp(f, x, c, {.differentiable = false}).tangent.has_history());
  Parameter w("w", doubles(3));
  const auto g = [&](const Tensor& t) { return w * t * t; };
  CHECK(number(gradients(jvp(g, c, c, {.differentiable = true}).tangent, {w})[0]) == 8);
  const NoGrad pause;
  CHECK_FALSE(jvp(f, x, c).tangent.has_history());
  CHECK(number(jvp(f, x, c).tangent) == 24);
}

TEST_CASE("Derivatives that are constant can be differentiated too") {
  const Tensor x = variable(doubles({1, 2})), v = doubles({3, 4});
  const auto linear_map = [](const Tensor& t) { return t * 2.0; };
  const auto quadratic = [](const Tensor& t) { return sum(t * t); };
  CHECK(is_same(gradients(sum(hvp(quadratic, x, v)), {x})[0], doubles({0, 0})));
  CHECK(is_same(gradients(sum(hessian(quadratic, x)), {x})[0], doubles({0, 0})));
  CHECK(is_same(gradients(sum(jacobian(linear_map, x)), {x})[0], doubles({0, 0})));
  CHECK(is_same(gradients(sum(jvp(linear_map, x, v).tangent), {x})[0], doubles({0, 0})));
  CHECK(is_same(gradients(sum(vjp(linear_map, x).pull(v)), {x})[0], doubles({0, 0})));
  CHECK(is_same(jvp([&](const Tensor& t) { return jvp(linear_map, t, v).tangent; }, x.detach(), v).tangent, doubles({0, 0})));
  CHECK(is_same(jacobian([&](const Tensor& t) { return hvp(quadratic, t, v); }, x.detach()), doubles({{0, 0}, {0, 0}})));
  const auto slope = [](const Tensor& t) { return value_and_grad([](const Tensor& s) { return sum(s * 3.0); })(t).grad; };
  CHECK(is_same(jacobian(slope, x.detach()), doubles({{0, 0}, {0, 0}})));
}

TEST_CASE("value_and_grad: by arguments, by a module's parameters") {
  const auto f = [](const Tensor& a, const Tensor& b) { return sum(a * b * b); };
  const Tensor a = doubles({1, 2}), b = doubles({3, 4});
  auto [value, grads] = value_and_grad(f)(a, b);
  CHECK(number(value) == 41);
  CHECK_FALSE(value.has_history());
  CHECK(is_same(grads[0], doubles({9, 16})));
  CHECK(is_same(grads[1], doubles({6, 16})));
  const auto one = value_and_grad([](const Tensor& t) { return sum(t * t); })(b);
  CHECK(is_same(one.grad, doubles({6, 8})));
  const auto list = value_and_grad([](const auto& in) { return sum(in[0] * in[1]); })({a, b});
  CHECK(is_same(list.grads[1], a));
  const auto picked = value_and_grad([](const Tensor& t, const Tensor& i) { return sum(t * astype(i, float64)); })(b, arange(0, 2));
  CHECK(is_same(picked.grads[0], doubles({0, 1})));
  CHECK_FALSE(picked.grads[1].defined());

  const SeedScope seed(6);
  nn::Linear layer(3, 2);
  const Tensor x = random::normal({4, 3}), t = random::normal({4, 2});
  const auto loss = [&](const Tensor& in, const Tensor& target) { return mean(square(layer(in) - target)); };
  auto step = value_and_grad(loss, layer.parameters());
  const auto both = step(x, t);
  const Tensor expected = loss(x, t);
  CHECK(is_same(both.value, expected));
  const auto g = gradients(expected, layer.parameters());
  for (std::size_t i = 0; i < g.size(); ++i) CHECK(is_same(both.grads[i], g[i]));
  CHECK_FALSE(layer.parameters()[0].has_grad());
  auto by_module = value_and_grad([&](const Tensor& in) { return sum(layer(in)); }, layer.parameters());
  CHECK(by_module(x).grads.size() == 2);
}

TEST_CASE("vmap: a loop over an axis, with stacked results, differentiable") {
  const SeedScope seed(7);
  const Tensor x = random_doubles({5, 3}), w = random_doubles({3, 4});
  const auto row = [&](const Tensor& r) { return sum(tanh(matmul(reshape(r, {1, 3}), w)), 0); };
  CHECK(allclose(vmap(row)(x), tanh(matmul(x, w)), 1e-14, 1e-15));
  const auto product = [](const Tensor& a, const Tensor& b) { return a * b; };
  CHECK(is_same(vmap(product)(x, x), x * x));
  CHECK(is_same(vmap(product, {.in_axes = {1, std::nullopt}})(x, x.column(0)), transpose(x * reshape(x.column(0), {5, 1}))));
  CHECK(is_same(vmap([](const Tensor& t) { return t; }, {.in_axes = {-1}, .out_axis = -1})(x), x));
  CHECK(is_same(vmap([](const Tensor& t) { return t; }, {.in_axes = {1}})(x), transpose(x)));
  CHECK(is_same(vmap([](const Tensor& t) { return sum(t * t); })(x), sum(x * x, 1)));
  CHECK(is_same(vmap([](const auto& in) { return in[0] + in[1]; })({x, x}), x + x));
  // nested, and with derivatives inside and outside
  CHECK(is_same(vmap(vmap([](const Tensor& t) { return t * t; }))(x), x * x));
  const auto energy = [&](const Tensor& r) { return sum(row(r)); };
  const auto slopes = [&](const Tensor& t) { return vmap([&](const Tensor& r) { return value_and_grad(energy)(r).grad; })(t); };
  const Tensor v = variable(x);
  CHECK(allclose(slopes(x), gradients(sum(tanh(matmul(v, w))), {v})[0], 1e-13, 1e-14));
  const Tensor u = random_doubles({5, 3});
  const auto whole = [&](const Tensor& t) { return sum(vmap(energy)(t)); };
  CHECK(allclose(jvp(slopes, x, u).tangent, hvp(whole, x, u), 1e-11, 1e-12));
  CHECK(gradcheck([&](const auto& in) { return vmap(row)(in[0]); }, {x}, {.order = 2}).ok());
}

TEST_CASE("vmap refuses what it cannot map, with the place") {
  const auto f = [](const Tensor& a, const Tensor& b) { return a * b; };
  const auto id = [](const Tensor& t) { return t; };
  const auto uneven = [&] { vmap(f)(ones({2, 3}), ones({3, 3})); };
  expect<ShapeError>(__LINE__ - 1, uneven,
                     "vmap: argument 0 has 2 elements along axis 0 and argument 1 has 3 along axis 0; they need to be the same");
  expect<ShapeError>(
      __LINE__, [&] { vmap(id)(ones({})); }, "vmap: axis 0 of a scalar, which has no axes");
  expect<Error>(
      __LINE__, [&] { vmap(f, {.in_axes = {0}})(ones({2}), ones({2})); }, "vmap: in_axes has 1 axes for 2 arguments");
  expect<Error>(
      __LINE__, [&] { vmap(id, {.in_axes = {std::nullopt}})(ones({2})); }, "vmap: no argument has an axis to map over");
  const auto of_nothing = [&] { vmap(id)(ones({0, 2})); };
  expect<ShapeError>(__LINE__ - 1, of_nothing, "vmap: the axis is empty, and the shape of the results is known only to the function");
  int calls = 0;
  const auto changing = [&] { vmap([&](const Tensor& t) { return ++calls == 2 ? sum(t) : t; })(ones({2, 3})); };
  expect<ShapeError>(__LINE__ - 1, changing, "vmap: the function's results differ in shape: (3,) for index 0 and () for index 1");
  CHECK_THAT(message_of<Error>([&] { vmap(id)(Tensor()); }), Contains("vmap: an input is not defined"));
  CHECK_THAT(message_of<Error>([&] { vmap([](const Tensor&) { return Tensor(); })(ones({2})); }),
             Contains("vmap: the function returned a tensor that is not defined"));
}

TEST_CASE("Derivatives that cannot be had are refused, with the place") {
  const Tensor x = variable(doubles({1, 2})).named("x"), c = doubles({1, 2}), y = x * 2.0;
  const auto f = [](const Tensor& t) { return t * 2.0; };
  expect<ShapeError>(
      __LINE__, [&] { jvp(y, x, doubles({1})); },
      "jvp: tangent 0 has shape (1,) and its input ('x') has shape (2,); they need to be the same");
  expect<DtypeError>(
      __LINE__, [&] { jvp(f, c, ones({2})); }, "jvp: tangent 0 is float32 and its input is float64; they need to be the same");
  const auto two_tangents = [&] { jvp(f, {c}, {c, c}); };
  expect<Error>(__LINE__ - 1, two_tangents, "jvp: there are 2 tangents for 1 inputs");
  expect<Error>(
      __LINE__, [&] { hvp(sum(y), {x}, {Tensor()}); }, "hvp: tangent 0 ('x') is not defined");
  expect<GradientError>(
      __LINE__, [&] { jvp(y, c, c); }, "jvp: variable 0 of 1 is a constant; make it with variable() before computing with it");
  CHECK_THAT(message_of<GradientError>([&] { jacobian(c, x); }), Contains("jacobian: the tensor has no history: "));
  expect<GradientError>(
      __LINE__, [&] { jacobian([&](const Tensor&) { return c; }, c); },
      "jacobian: what the function returned has no history: it does not depend on the inputs, or was computed under NoGrad or detached");
  expect<DtypeError>(
      __LINE__, [&] { vjp(f, arange(0, 3)); }, "vjp: input 0 is int64; only float32 and float64 can be differentiated by");
  CHECK_THAT(message_of<Error>([&] { vjp(f, Tensor()); }), Contains("vjp: input 0 is not defined (functional.cpp:"));
  expect<GradientError>(
      __LINE__, [&] { hessian(y, x); }, "hessian: the result has shape (2,); it has to be one number");
  CHECK_THAT(message_of<GradientError>([&] { hvp(f, c, c); }), Contains("hvp: the result has shape (2,)"));
  CHECK_THAT(message_of<GradientError>([&] { value_and_grad(f)(c); }), Contains("value_and_grad: the result has shape (2,)"));
  Parameter w("w", doubles({1, 2}));
  const Tensor loss = sum(w * w);
  loss.backward();
  CHECK_THAT(message_of<GradientError>([&] { jvp(loss, w, c); }), Contains("jvp: the history of sum (recorded at functional.cpp:"));
  CHECK_THAT(message_of<GradientError>([&] { hessian(loss, w); }), Contains("hessian: the history of sum (recorded at"));
  CHECK(message_of<Error>([&] {
          jvp([](const Tensor& a, const Tensor& b) { return a * b; }, {c, c, c}, {c, c, c});
        }) == "the function takes 2 tensors and gets 3");
  const auto ten_axes = [&] { jacobian([](const Tensor& t) { return t * 1.0; }, ones({1, 1, 1, 1, 1})); };
  expect<ShapeError>(__LINE__ - 1, ten_axes,
                     "jacobian: the result's shape (1, 1, 1, 1, 1) and the input's (1, 1, 1, 1, 1) make 10 axes; an array has up to 8");
}

TEST_CASE("jvp along a hundred thousand entries, on a small stack") {
  const std::size_t before = history_warning();
  set_history_warning(0);
  static double tangent, second;
  const auto run = [](void*) -> void* {
    const Tensor x = variable(doubles(3));
    Tensor y = x * x;
    for (int i = 0; i < 100'000; ++i) y = -y;
    tangent = number(jvp(y, x, doubles(2)));
    Tensor z = x * x;
    for (int i = 0; i < 20'000; ++i) z = z * 1.0;
    const Tensor dz = jvp(z, x, doubles(1), {.differentiable = true});
    second = number(jvp(dz, x, doubles(1)));
    return nullptr;
  };
  pthread_attr_t attributes;
  pthread_t thread;
  REQUIRE(pthread_attr_init(&attributes) == 0);
  REQUIRE(pthread_attr_setstacksize(&attributes, 256 * 1024) == 0);
  REQUIRE(pthread_create(&thread, &attributes, run, nullptr) == 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  CHECK(tangent == 12);
  CHECK(second == 2);
  set_history_warning(before);
}

TEST_CASE("Threads take derivatives of one function over shared parameters") {
  const SeedScope seed(8);
  const Parameter w("w", random_doubles({4, 5}));
  const Tensor x = random_doubles({3, 4}), v = random_doubles({3, 4});
  const auto f = [&](const Tensor& t) { return sum(square(mixed(t, w))); };
  const Tensor tangent = jvp(f, x, v).tangent, product = hvp(f, x, v);
  bool same[2] = {true, true};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i)
    threads.emplace_back([&, i] {
      for (int round = 0; round < 30; ++round)
        same[i] = same[i] && is_same(jvp(f, x, v).tangent, tangent) && is_same(hvp(f, x, v), product);
    });
  for (std::thread& t : threads) t.join();
  CHECK(same[0]);
  CHECK(same[1]);
}
