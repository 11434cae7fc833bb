#include <limits>

#include "losses_check.hpp"

using namespace reel;
using Catch::Contains;
using nn::Reduction;

namespace {

/// (4, 2, 3)
Tensor log_probs(Dtype dtype = float64) {
  Array x({4, 2, 3}, float64);
  for (std::size_t i = 0; i < x.size(); ++i) x.mutable_data<double>()[i] = 2 * std::sin(static_cast<double>(i));
  return log_softmax(Tensor(x.astype(dtype)));
}

const Tensor targets = tensor({{1, 1}, {2, 0}}), steps = tensor({4, 3}), lengths = tensor({2, 1});
constexpr double infinity = std::numeric_limits<double>::infinity();

/// What stays of frames when repeats and then blanks are taken out.
std::vector<std::size_t> spelled(std::vector<std::size_t> frames) {
  frames.erase(std::unique(frames.begin(), frames.end()), frames.end());
  std::erase(frames, std::size_t{0});
  return frames;
}

}  // namespace

// Values of PyTorch 1.13.
TEST_CASE("ctc_loss of two sequences, in every reduction") {
  const auto loss = [](Reduction r) { return nn::ctc_loss(log_probs(), targets, steps, lengths, {r}); };
  CHECK(allclose(loss(Reduction::none), doubles({6.158394502477016, 2.1269066108883017}), 1e-13, 0));
  CHECK(loss(Reduction::sum).item<double>() == Approx(8.285301113365318).epsilon(1e-13));
  CHECK(loss(Reduction::mean).item<double>() == Approx(2.603051931063405).epsilon(1e-13));
  CHECK(allclose(nn::ctc_loss(log_probs(), tensor({1, 1, 2}), steps, lengths, {Reduction::none}), loss(Reduction::none), 1e-15, 0));
  CHECK(allclose(nn::ctc_loss(log_probs(float32), targets, steps, lengths, {Reduction::none}), astype(loss(Reduction::none), float32), 1e-6,
                 0));
}

TEST_CASE("ctc_loss is the sum over all frames that spell the target") {
  const Tensor x = slice(log_probs(), {{}, 0});
  double total = 0;
  for (std::size_t path = 0; path < 81; ++path) {
    const std::vector<std::size_t> frames{path / 27, path / 9 % 3, path / 3 % 3, path % 3};
    if (spelled(frames) != std::vector<std::size_t>{1, 2}) continue;
    double log_probability = 0;
    for (std::size_t t = 0; t < 4; ++t) log_probability += x.at<double>({t, frames[t]});
    total += std::exp(log_probability);
  }
  const Tensor loss = nn::ctc_loss(x, tensor({1, 2}), 4, 2, {Reduction::none});
  CHECK(loss.item<double>() == Approx(-std::log(total)).epsilon(1e-13));
  CHECK(loss.shape() == Shape{});
}

TEST_CASE("an impossible target has an infinite loss, or 0 if asked, and no gradient") {
  const Tensor x = variable(log_probs()), few = tensor({2, 3});
  for (const bool zero : {false, true}) {
    const Tensor each = nn::ctc_loss(x, targets, few, lengths, {.reduction = Reduction::none, .zero_infinity = zero});
    CHECK(each.at<double>({0}) == (zero ? 0 : infinity));
    CHECK(each.at<double>({1}) == Approx(2.1269066108883017));
    for (const bool differentiable : {false, true}) {
      const Tensor gradient = gradients(sum(each), {x}, {.differentiable = differentiable})[0];
      CHECK(all_finite(gradient));
      CHECK(allclose(slice(gradient, {{}, 0}), zeros({4, 3}, {.dtype = float64})));
      CHECK(allclose(sum(slice(gradient, {{}, 1}), 1), doubles({-1, -1, -1, 0})));  // shares of a frame add up to 1
    }
  }
}

TEST_CASE("ctc_loss of no frames, no target, and impossible frames") {
  const Tensor empty = zeros({1, 0}, {.dtype = int64}), x = variable(log_probs());
  const Tensor first = slice(x, {{}, {0, 1}});
  CHECK(nn::ctc_loss(first, empty, tensor({0}), tensor({0})).item<double>() == 0);
  CHECK(nn::ctc_loss(first, tensor({{1}}), tensor({0}), tensor({1})).item<double>() == infinity);
  CHECK(nn::ctc_loss(first, empty, tensor({4}), tensor({0})).item<double>() == Approx(-sum(slice(first, {{}, 0, 0})).item<double>()));
  const Tensor hard = doubles({{-infinity, 0.0, -infinity}, {0.0, -infinity, -infinity}});
  CHECK(nn::ctc_loss(hard, tensor({1}), 2, 1).item<double>() == 0);
  CHECK(nn::ctc_loss(hard, tensor({2}), 2, 1).item<double>() == infinity);
  check_finite([](const Tensor& y) { return nn::ctc_loss(y, tensor({1}), 2, 1); }, hard);
  check_finite([](const Tensor& y) { return nn::ctc_loss(y, tensor({1}), 2, 1); }, doubles({{-700, 0, -700}, {0, -700, -700}}));
}

TEST_CASE("ctc_loss has the same bits for any number of threads") {
  const auto run = [] {
    const SeedScope seed(3);
    const Tensor x = variable(random::normal({40, 8, 30}));
    const Tensor t = tensor({{1, 2, 3}, {4, 4, 4}, {5, 6, 7}, {1, 1, 2}, {29, 28, 27}, {3, 2, 1}, {9, 8, 9}, {7, 7, 7}});
    const Tensor all = full({8}, 40, {.dtype = int64}), three = full({8}, 3, {.dtype = int64});
    const Tensor loss = nn::ctc_loss(log_softmax(x), t, all, three, {Reduction::none});
    return std::pair{loss.value(), gradients(sum(loss), {x})[0].value()};
  };
  const std::size_t before = num_threads();
  set_num_threads(1);
  const auto [one, slope] = run();
  set_num_threads(3);
  const auto [three, other] = run();
  set_num_threads(before);
  CHECK(identical(one, three));
  CHECK(identical(slope, other));
}

TEST_CASE("ctc_loss says what is wrong") {
  const Tensor x = log_probs();
  const auto text = [&](const Tensor& t, const Tensor& frames, const Tensor& counts, nn::CtcOptions o = {}) {
    return error_text<ShapeError>([&] { nn::ctc_loss(x, t, frames, counts, o); });
  };
  CHECK_THAT(text(targets, tensor({4, 5}), lengths),
             Contains("ctc_loss: input_lengths has 5 at position 1; log_probs has 4 steps (losses_sequence.cpp:"));
  CHECK_THAT(text(targets, tensor({-1, 3}), lengths), Contains("ctc_loss: input_lengths has -1 at position 0"));
  CHECK_THAT(text(targets, steps, tensor({3, 1})), Contains("ctc_loss: target_lengths has 3 at position 0; targets is (2, 2)"));
  CHECK_THAT(text(tensor({1, 1}), steps, lengths), Contains("ctc_loss: target_lengths add up to 3 and targets has 2 classes"));
  CHECK_THAT(text(tensor({{1, 3}, {2, 0}}), steps, lengths), Contains("ctc_loss: class 3 at position 1 is out of range for 3 classes"));
  CHECK_THAT(text(targets, steps, tensor({1})),
             Contains("ctc_loss: log_probs is (4, 2, 3), input_lengths (2,) and target_lengths (1,); both need one "
                      "length for each of 2 sequences"));
  CHECK_THAT(
      text(tensor({{1, 1}}), steps, lengths),
      Contains(
          "ctc_loss: log_probs is (4, 2, 3) and targets is (1, 2); targets needs shape (2, longest), or (total,) for all rows joined"));
  CHECK_THAT(text(targets, steps, lengths, {.blank = 3}), Contains("ctc_loss: blank 3 is out of range for 3 classes"));
  CHECK_THAT(error_text([&] { nn::ctc_loss(x, targets, steps, lengths, {.blank = 2}); }),
             Contains("ctc_loss: class 2 at position 2 is the blank; targets name the other classes"));
  CHECK_THAT(error_text<ShapeError>([&] {
               nn::ctc_loss(doubles({1, 2}), targets, steps, lengths);
             }),
             Contains("ctc_loss: log_probs is (2,); it needs (steps, n, classes), or (steps, classes)"));
  CHECK_THAT(error_text<DtypeError>([&] { nn::ctc_loss(x, x, steps, lengths); }), Contains("ctc_loss: targets is float64; it needs int64"));
  CHECK_THAT(error_text<DtypeError>([&] { nn::ctc_loss(x, targets, x, lengths); }),
             Contains("ctc_loss: input_lengths is float64; it needs int64"));
  CHECK_THAT(error_text<DtypeError>([&] { nn::ctc_loss(targets, targets, steps, lengths); }),
             Contains("ctc_loss: log_probs is int64; it needs float32 or float64 (astype converts)"));
}
