// Every op of the table in forward mode and in a checkpoint: laws that hold whatever the op is.
#include <algorithm>
#include <cmath>

#include "message.hpp"
#include "ops_table.hpp"

using namespace reel;
using namespace reel::test;

namespace {

/// An op at a point, with the same random numbers in every call.
struct Point {
  const Row& row;
  In inputs;

  Point(const Row& r, const std::vector<Shape>& shapes) : row(r) {
    const SeedScope fixed(12);
    for (const Shape& shape : shapes) {
      const Range& range = row.ranges[std::min(inputs.size(), row.ranges.size() - 1)];
      inputs.push_back(random::uniform(shape, {.low = range.low, .high = range.high, .dtype = float64}));
    }
  }
  Tensor operator()(const In& in) const {
    const SeedScope fixed(13);
    return row.f(in);
  }
};

In directions(const In& like, std::uint64_t seed) {
  const SeedScope fixed(seed);
  In result;
  for (const Tensor& t : like) result.push_back(random::normal(t.shape(), {.dtype = t.dtype()}));
  return result;
}

double dot(const In& a, const In& b) {
  double result = 0;
  for (std::size_t i = 0; i < a.size(); ++i) result += number(sum(a[i] * b[i]));
  return result;
}

/// `by` says how exact the numbers are.
bool is_near(double a, double b, Dtype by) {
  const double tolerance = by == float32 ? 1e-5 : 1e-9;
  return std::abs(a - b) <= tolerance + 10 * tolerance * std::max(std::abs(a), std::abs(b));
}

template <class F>
void at_all_points(const F& f) {
  for (const Row& row : gradient_rows()) {
    for (const std::vector<Shape>& shapes : row.cases) {
      std::string text = row.op + " " + row.variant + ":";
      for (const Shape& shape : shapes) text += " " + to_string(shape);
      CAPTURE(text);
      const Point op(row, shapes);
      f(op);
    }
  }
}

}  // namespace

TEST_CASE("every op in forward mode is the transpose of its rule, also differentiated") {
  at_all_points([](const Point& op) {
    const In u = directions(op.inputs, 1);
    const auto both = jvp(op, op.inputs, u);
    const Tensor &y = both.value, &dy = both.tangent;
    const In v = directions({y}, 2);
    const auto [z, pull] = vjp(op, op.inputs);
    CHECK(is_near(dot(v, {dy}), dot(pull(v[0]), u), y.dtype()));
    // u' H w in both orders, H of <v, f>
    const auto weighed = [&](const In& in) { return sum(op(in) * v[0]); };
    const In w = directions(op.inputs, 3);
    const In product = hvp(weighed, op.inputs, w);
    const auto slope = [&](const In& in) { return jvp(weighed, in, u).tangent; };
    CHECK(is_near(number(jvp(slope, op.inputs, w).tangent), dot(product, u), y.dtype()));
  });
}

TEST_CASE("every op in a checkpoint gives the same bits") {
  at_all_points([](const Point& op) {
    In x;
    for (const Tensor& t : op.inputs) x.push_back(variable(t));
    const Tensor y = op(x), z = checkpoint(op, x);
    CHECK(is_same(y, z));
    const Tensor v = directions({y}, 4)[0];
    const In expected = gradients(y, x, {.seed = v}), found = gradients(z, x, {.seed = v});
    bool same = true;
    for (std::size_t i = 0; i < x.size(); ++i) same = same && is_same(found[i], expected[i]);
    CHECK(same);
    CHECK(identical(Tape(z).rerun().back(), z.value()));
  });
}
