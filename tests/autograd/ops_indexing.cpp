// Values of shape and index ops, in the cases that gradient checks do not tell apart.
#include <limits>

#include <catch2/catch.hpp>
#include <reel/reel.hpp>
#include <reel/testing/catch.hpp>

using namespace reel;

namespace {

/// 0, 1, 2, ... in a shape.
Tensor counted(const Shape& shape) { return reshape(arange(0, static_cast<std::int64_t>(shape.elements())), shape); }
Array integers(const Values& values) { return tensor(values, {.dtype = int64}).value(); }

}  // namespace

TEST_CASE("slices as Python's: ends, steps, an ellipsis and new axes") {
  const Tensor x = counted({2, 3, 4});
  CHECK(identical(x[{1, 2, 3}].value(), Array::scalar(23, int64)));
  CHECK(identical(x[{ellipsis, 0}].value(), integers({{0, 4, 8}, {12, 16, 20}})));
  CHECK(identical(x[{0, ellipsis}].value(), slice(x, {0}).value()));
  CHECK(x[{newaxis, ellipsis, newaxis}].shape() == Shape{1, 2, 3, 4, 1});
  CHECK(x[{0, newaxis, {1, 3}}].shape() == Shape{1, 2, 4});
  CHECK(identical(x[{-1, {}, -1}].value(), integers({15, 19, 23})));
  CHECK(identical(x[{0, 0, {std::nullopt, std::nullopt, -1}}].value(), integers({3, 2, 1, 0})));
  CHECK(identical(x[{0, 0, {-2, std::nullopt}}].value(), integers({2, 3})));
  CHECK(identical(x[{0, 0, {3, 0, -2}}].value(), integers({3, 1})));
  CHECK(x[{0, 0, {5, 9}}].shape() == Shape{0});
  CHECK(identical(x[{0, 0, {0, 4, std::numeric_limits<std::ptrdiff_t>::max()}}].value(), integers({0})));
  CHECK(identical(x[{0, 0, {std::nullopt, std::nullopt, std::numeric_limits<std::ptrdiff_t>::min() + 1}}].value(), integers({3})));
  CHECK(x[{}].shape() == x.shape());
  CHECK(x[{ellipsis, 0, 0, 0}].rank() == 0);
  CHECK(to_string(Slices{0, ellipsis, newaxis, {}, {1, std::nullopt, -2}}) == "[0, ..., newaxis, :, 1::-2]");
}

TEST_CASE("axes come and go") {
  const Tensor x = counted({1, 2, 1, 3});
  CHECK(squeeze(x).shape() == Shape{2, 3});
  CHECK(squeeze(x, -2).shape() == Shape{1, 2, 3});
  CHECK(squeeze(x, Ints{}).shape() == x.shape());
  CHECK(unsqueeze(x, -1).shape() == Shape{1, 2, 1, 3, 1});
  CHECK(unsqueeze(x, 1).shape() == Shape{1, 1, 2, 1, 3});
  CHECK(flatten(x, 1).shape() == Shape{1, 6});
  CHECK(flatten(counted({})).shape() == Shape{1});
  CHECK(movedim(counted({2, 3, 4}), 0, -1).shape() == Shape{3, 4, 2});
  CHECK(movedim(counted({2, 3, 4}), -1, 0).shape() == Shape{4, 2, 3});
}

TEST_CASE("transposing copies of every size and width put each element in its place") {
  for (const Dtype dtype : {float32, float64, boolean}) {
    for (const Shape& shape : {Shape{33, 17}, Shape{128, 64}, Shape{1, 7}, Shape{300, 260}}) {
      const Tensor x = astype(counted(shape), dtype == boolean ? int64 : dtype);
      const Tensor given = dtype == boolean ? equal(x - 2 * astype(astype(x, float64) / 2, int64), 1) : x, y = transpose(given);
      bool right = true;
      for (std::size_t i = 0; i < shape[0]; ++i)
        for (std::size_t j = 0; j < shape[1]; ++j) right = right && y.at<double>({j, i}) == given.at<double>({i, j});
      CHECK(right);
    }
  }
  const Tensor x = counted({3, 20, 2, 35}), y = permute(x, {3, 0, 2, 1});
  bool right = true;
  for (int a = 0; a < 3; ++a)
    for (int b = 0; b < 20; ++b)
      for (int c = 0; c < 2; ++c)
        for (int d = 0; d < 35; ++d) right = right && y.at<double>({d, a, c, b}) == x.at<double>({a, b, c, d});
  CHECK(right);
}

TEST_CASE("tile, roll, flip and pad") {
  const Tensor x = counted({2, 2});
  CHECK(identical(tile(x, {1, 2}).value(), integers({{0, 1, 0, 1}, {2, 3, 2, 3}})));
  CHECK(tile(x, {2, 1, 1}).shape() == Shape{2, 2, 2});
  CHECK(tile(x, {0}).shape() == Shape{2, 0});
  CHECK(tile(counted({2, 1, 2, 1, 2}), {1, 2, 1, 3, 1}).shape() == Shape{2, 2, 2, 3, 2});
  CHECK(identical(roll(x, 1).value(), integers({{3, 0}, {1, 2}})));
  CHECK(identical(roll(arange(0, 5), -7, 0).value(), integers({2, 3, 4, 0, 1})));
  CHECK(identical(roll(x, {1, 1}, {0, 1}).value(), integers({{3, 2}, {1, 0}})));
  CHECK(identical(flip(x).value(), integers({{3, 2}, {1, 0}})));
  CHECK(identical(pad(x, {1, 0}, {0, 1}, {.value = 9}).value(), integers({{9, 9, 9}, {0, 1, 9}, {2, 3, 9}})));
  const Tensor row = arange(0, 3);
  CHECK(identical(pad(row, 2, 2, {.mode = PadMode::reflect}).value(), integers({2, 1, 0, 1, 2, 1, 0})));
  CHECK(identical(pad(row, 2, 1, {.mode = PadMode::edge}).value(), integers({0, 0, 0, 1, 2, 2})));
  CHECK(identical(pad(row, 4, 5, {.mode = PadMode::wrap}).value(), integers({2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1})));
}

TEST_CASE("triangles and diagonals") {
  const Tensor x = counted({3, 3});
  CHECK(identical(tril(x).value(), integers({{0, 0, 0}, {3, 4, 0}, {6, 7, 8}})));
  CHECK(identical(triu(x, 1).value(), integers({{0, 1, 2}, {0, 0, 5}, {0, 0, 0}})));
  CHECK(identical(tril(x, -5).value(), zeros_like(x).value()));
  CHECK(identical(triu(x, std::numeric_limits<std::ptrdiff_t>::min()).value(), x.value()));
  CHECK(identical(tril(x, std::numeric_limits<std::ptrdiff_t>::max()).value(), x.value()));
  CHECK(identical(diagonal(x, {.offset = 1}).value(), integers({1, 5})));
  CHECK(diagonal(x, {.offset = -7}).shape() == Shape{0});
  CHECK(identical(diagonal(counted({2, 2, 2}), {.axis_a = 0, .axis_b = 1}).value(), integers({{0, 6}, {1, 7}})));
  CHECK(identical(diag(arange(1, 3), 1).value(), integers({{0, 1, 0}, {0, 0, 2}, {0, 0, 0}})));
}

TEST_CASE("split, chunk and stack") {
  const Tensor x = arange(0, 7);
  const auto lengths = [](const std::vector<Tensor>& parts) {
    std::vector<std::size_t> list;
    for (const Tensor& part : parts) list.push_back(part.size());
    return list;
  };
  using Lengths = std::vector<std::size_t>;
  CHECK(lengths(split(x, 3)) == Lengths{3, 3, 1});
  CHECK(lengths(split(x, {2, 0, 5})) == Lengths{2, 0, 5});
  CHECK(lengths(chunk(x, 3)) == Lengths{3, 3, 1});
  CHECK(lengths(chunk(x, 9)) == Lengths{1, 1, 1, 1, 1, 1, 1});
  CHECK(lengths(chunk(arange(0, 0), 2)) == Lengths{0});
  std::vector<std::size_t> ones(20, 1);
  CHECK(split(arange(0, 20), ones).size() == 20);
  CHECK(identical(stack({arange(0, 2), arange(2, 4)}, -1).value(), integers({{0, 2}, {1, 3}})));
}

TEST_CASE("take, gather and scatter_add count from the back, and add what comes again") {
  const Tensor x = counted({3, 2});
  CHECK(identical(take(x, tensor({-1, 0})).value(), integers({{4, 5}, {0, 1}})));
  CHECK(identical(take(x, tensor({{1}, {0}}), 1).value(), integers({{{1}, {0}}, {{3}, {2}}, {{5}, {4}}})));
  CHECK(identical(take(x, 1).value(), integers({2, 3})));
  CHECK(identical(gather(x, tensor({{0, 0}, {-1, 0}, {1, 1}}), 1).value(), integers({{0, 0}, {3, 2}, {5, 5}})));
  CHECK(
      identical(scatter_add(x, tensor({{0, 0}, {0, -1}}), tensor({{10, 20}, {30, 40}}), 0).value(), integers({{40, 21}, {2, 3}, {4, 45}})));
  CHECK(identical(scatter_add(x, tensor({{0}}), tensor({{10}}), 1).value(), integers({{10, 1}, {2, 3}, {4, 5}})));
  const Tensor v = variable(zeros({3}));
  CHECK(identical(gradients(sum(take(v, tensor({2, 2, -1}))), {v})[0].value(), tensor({0.0, 0.0, 3.0}).value()));
}

TEST_CASE("index() is NumPy's") {
  const Tensor x = counted({2, 3, 4});
  const Tensor i = tensor({1, 0}), j = tensor({{2}, {0}, {1}});
  CHECK(index(x, {i}).shape() == Shape{2, 3, 4});
  CHECK(identical(index(x, {i, j}).value(),
                  integers({{{20, 21, 22, 23}, {8, 9, 10, 11}}, {{12, 13, 14, 15}, {0, 1, 2, 3}}, {{16, 17, 18, 19}, {4, 5, 6, 7}}})));
  CHECK(identical(index(x, {none, tensor({1}), tensor({-1})}).value(), integers({{7}, {19}})));
  CHECK(index(x, {i, none, tensor({0})}).shape() == Shape{2, 3});
  CHECK(index(x, {none, j}).shape() == Shape{2, 3, 1, 4});
  CHECK(identical(index(x, {greater(x, 20.0)}).value(), integers({21, 22, 23})));
  CHECK(index(x, {tensor({false, true})}).shape() == Shape{1, 3, 4});
  CHECK(index(x, {none, tensor({true, false, true}), tensor({0})}).shape() == Shape{2, 2});
  CHECK(index(x, {zeros({0}, {.dtype = int64})}).shape() == Shape{0, 3, 4});
  const Tensor v = variable(zeros({3}));
  CHECK(identical(gradients(sum(index(v, {tensor({0, 0, 2})})), {v})[0].value(), tensor({2.0, 0.0, 1.0}).value()));
}

TEST_CASE("masks fill and select") {
  const Tensor x = counted({2, 3}), mask = tensor({true, false, true});
  CHECK(identical(masked_fill(x, mask, 9).value(), integers({{9, 1, 9}, {9, 4, 9}})));
  CHECK(identical(masked_select(x, mask).value(), integers({0, 2, 3, 5})));
  CHECK(masked_select(x, less(x, 0.0)).shape() == Shape{0});
}

TEST_CASE("a tape that runs again with other numbers sorts and chooses again") {
  const Tensor x = variable(tensor({3.0, 1.0, 2.0})).named("x");
  const Tape tape(sum(topk(x, 2).values * tensor({1.0, 10.0})) + slice(sort(x), {0}));
  const std::vector<Array> values = tape.rerun({{tape.find("x"), tensor({5.0, 7.0, 6.0}).value()}});
  CHECK(values.back().item<float>() == 7 + 60 + 5);
}
