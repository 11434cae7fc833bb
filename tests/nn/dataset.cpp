#include <algorithm>

#include <catch2/catch.hpp>

#include "error_text.hpp"
#include "models.hpp"

using namespace reel;
using Numbers = std::vector<std::int64_t>;

namespace {

/// n samples: features (i, 10 i), target i.
data::Dataset numbered(std::size_t n) {
  const Tensor i = reshape(astype(arange(0, static_cast<std::int64_t>(n)), float32), {static_cast<std::ptrdiff_t>(n), 1});
  return {concatenate({i, 10 * i}, 1), i, {"one", "ten"}, {}};
}

Numbers numbers(const Tensor& t) {
  Numbers result;
  for (std::size_t i = 0; i < t.size(); ++i) result.push_back(static_cast<std::int64_t>(t.value().as_double(i)));
  return result;
}

Numbers sorted(Numbers n) {
  std::sort(n.begin(), n.end());
  return n;
}

Numbers up_to(std::int64_t n) {
  Numbers result;
  for (std::int64_t i = 0; i < n; ++i) result.push_back(i);
  return result;
}

/// Whether features still belong to their targets.
bool in_step(const Tensor& features, const Tensor& targets) {
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const float t = targets.value().data<float>()[i];
    if (features.value().data<float>()[2 * i] != t || features.value().data<float>()[2 * i + 1] != 10 * t) return false;
  }
  return true;
}

/// The targets of one pass, batch after batch, and the sizes of the batches.
std::pair<Numbers, Numbers> pass(data::Batches& batches) {
  Numbers seen, sizes;
  for (const data::Batch& batch : batches) {
    for (const std::int64_t n : numbers(batch.targets)) seen.push_back(n);
    sizes.push_back(static_cast<std::int64_t>(batch.size()));
    CHECK(in_step(batch.features, batch.targets));
  }
  return {seen, sizes};
}

}  // namespace

TEST_CASE("split gives two parts that are disjoint and complete") {
  manual_seed(1);
  const data::Dataset all = numbered(103);
  const auto [train, test] = data::split(all);
  CHECK(train.size() == 77);
  CHECK(test.size() == 26);
  Numbers together = numbers(train.targets);
  for (const std::int64_t n : numbers(test.targets)) together.push_back(n);
  CHECK_FALSE(together == up_to(103));
  CHECK(sorted(together) == up_to(103));
  CHECK(in_step(train.features, train.targets));
  CHECK(in_step(test.features, test.targets));
  CHECK(train.feature_names == all.feature_names);
}

TEST_CASE("split repeats itself after manual_seed, and keeps the order without shuffling") {
  const data::Dataset all = numbered(50);
  manual_seed(2);
  const data::Split first = data::split(all), second = data::split(all);
  manual_seed(2);
  CHECK(numbers(data::split(all).test.targets) == numbers(first.test.targets));
  CHECK_FALSE(numbers(first.test.targets) == numbers(second.test.targets));
  const data::Split plain = data::split(all, {.test_fraction = 0.1, .shuffle = false});
  CHECK(numbers(plain.train.targets) == up_to(45));
  CHECK(numbers(plain.test.targets) == Numbers{45, 46, 47, 48, 49});
}

TEST_CASE("split refuses what leaves a part empty") {
  const data::Dataset all = numbered(3);
  const int line = __LINE__ + 1;
  const std::string all_kept = error_text([&] { data::split(all, {.test_fraction = 0}); });
  const std::string whole = error_text([&] { data::split(all, {.test_fraction = 1}); });
  const std::string few = error_text([&] { data::split(all, {.test_fraction = 0.1}); });
  const std::string one = error_text([&] { data::split(numbered(1)); });
  const std::string uneven = error_text<ShapeError>([&] { data::split({zeros({3, 2}), zeros({2})}); });
  CHECK(all_kept == fmt::format("split: test_fraction is 0; it has to lie between 0 and 1 (dataset.cpp:{})", line));
  CHECK(whole == fmt::format("split: test_fraction is 1; it has to lie between 0 and 1 (dataset.cpp:{})", line + 1));
  CHECK(few == fmt::format("split: 3 samples at a test_fraction of 0.1 leave one part empty (dataset.cpp:{})", line + 2));
  CHECK(one == fmt::format("split: 1 samples at a test_fraction of 0.25 leave one part empty (dataset.cpp:{})", line + 3));
  CHECK(uneven ==
        fmt::format("Dataset: features are (3, 2) and targets are (2,); both need one length along the first axis (dataset.cpp:{})",
                    line + 4));
}

TEST_CASE("take picks samples in the order asked for") {
  const data::Dataset all = numbered(5);
  const Numbers wanted{4, 0, 4};
  const data::Dataset taken = all.take(wanted);
  CHECK(numbers(taken.targets) == wanted);
  CHECK(in_step(taken.features, taken.targets));
  CHECK_THROWS_AS(all.take(Numbers{5}), ShapeError);
  CHECK_THROWS_AS(all.take(Numbers{-1}), ShapeError);
}

TEST_CASE("batches cover each sample once, in order, and keep the last partial one") {
  const data::Dataset all = numbered(10);
  data::Batches batches(all, {.batch_size = 4});
  CHECK(batches.size() == 3);
  const auto [seen, sizes] = pass(batches);
  CHECK(seen == up_to(10));
  CHECK(sizes == Numbers{4, 4, 2});
  CHECK(batches[2].features.shape() == Shape{2, 2});
  CHECK(error_text<ShapeError>([&] { batches[3]; }) == "batch 3 of 3 batches");
}

TEST_CASE("drop_last leaves a last partial batch out, and only that") {
  const data::Dataset ten = numbered(10), eight = numbered(8), three = numbered(3);
  data::Batches dropped(ten, {.batch_size = 4, .drop_last = true}), whole(eight, {.batch_size = 4, .drop_last = true});
  CHECK(pass(dropped).second == Numbers{4, 4});
  CHECK(pass(whole).second == Numbers{4, 4});
  CHECK(data::Batches(three, {.batch_size = 4, .drop_last = true}).size() == 0);
  CHECK(data::Batches(three, {.batch_size = 4}).size() == 1);
}

TEST_CASE("batches are shuffled anew for each pass, repeatably") {
  const data::Dataset all = numbered(40);
  manual_seed(3);
  data::Batches batches(all, {.batch_size = 7, .shuffle = true});
  const Numbers first = pass(batches).first, second = pass(batches).first;
  CHECK_FALSE(first == up_to(40));
  CHECK_FALSE(first == second);
  CHECK(sorted(first) == up_to(40));
  CHECK(sorted(second) == up_to(40));
  manual_seed(3);
  data::Batches again(all, {.batch_size = 7, .shuffle = true});
  CHECK(pass(again).first == first);
  CHECK(pass(again).first == second);
}

TEST_CASE("batches refuse a size of 0, and features and targets of different length") {
  const data::Dataset all = numbered(3), uneven{zeros({3, 2}), zeros({4, 1})}, scalar{zeros({}), zeros({})};
  CHECK(placed_text([&] { data::Batches(all, {.batch_size = std::size_t(-1)}); }) ==
        "Batches: the batch size is -1; it has to be 0 or more");
  CHECK(data::Batches(all, {.batch_size = std::size_t{1} << 62}).size() == 1);
  CHECK(placed_text([&] { data::Batches(all, {.batch_size = 0}); }) == "Batches: a batch size of 0; it has to be at least 1");
  CHECK(placed_text<ShapeError>([&] { data::Batches{uneven}; }) ==
        "Dataset: features are (3, 2) and targets are (4, 1); both need one length along the first axis");
  CHECK_THROWS_AS(data::Batches(scalar), ShapeError);
  static_assert(!std::is_constructible_v<data::Batches, data::Dataset>, "a data set that does not outlive its batches");
}

TEST_CASE("batches of integer targets and of features of more axes") {
  const data::Dataset images{reshape(astype(arange(0, 24), float32), {4, 1, 2, 3}), tensor({3, 1, 2, 0})};
  data::Batches batches(images, {.batch_size = 3});
  CHECK(batches[1].features.shape() == Shape{1, 1, 2, 3});
  CHECK(batches[1].features.at<float>({0, 0, 0, 0}) == 18);
  CHECK(numbers(batches[0].targets) == Numbers{3, 1, 2});
  CHECK(batches[0].targets.dtype() == int64);
}

TEST_CASE("one_hot puts a single 1 into each row") {
  CHECK(identical(data::one_hot(tensor({2, 0}), 3).value(), tensor({{0.0, 0.0, 1.0}, {1.0, 0.0, 0.0}}).value()));
  CHECK(data::one_hot(tensor({{1}, {0}}), 2, int64).shape() == Shape{2, 1, 2});
  CHECK(data::one_hot(tensor({1}), 2, boolean).dtype() == boolean);
  CHECK(data::one_hot(reshape(arange(0, 0), {0}), 4).shape() == Shape{0, 4});
}

TEST_CASE("a pass that is left by break has ended") {
  const data::Dataset set{zeros({10, 1}), zeros({10, 1})};
  for (const bool shuffle : {false, true}) {
    data::Batches batches(set, {.batch_size = 3, .shuffle = shuffle});
    std::size_t passes = 0, seen = 0;
    while (batches.epoch() < 3) {
      REQUIRE(++passes < 10);
      for ([[maybe_unused]] const data::Batch& batch : batches) {
        CHECK(batches.epoch() == static_cast<std::int64_t>(passes) - 1);
        if (++seen % 2 == 0) break;
      }
    }
    CHECK(passes == 3);
    CHECK(seen == 6);
  }
  data::Batches batches(set, {.batch_size = 3});
  const auto leave = [&] {
    for ([[maybe_unused]] const data::Batch& batch : batches) return;
  };
  leave();
  CHECK(batches.epoch() == 1);
  try {
    for ([[maybe_unused]] const data::Batch& batch : batches) throw 1;
  } catch (int) {}
  CHECK(batches.epoch() == 2);
  for ([[maybe_unused]] const data::Batch& batch : batches) {}
  CHECK(batches.epoch() == 3);
  for (auto it = batches.begin(), copy = it; it != batches.end(); ++it) (void)*it;
  CHECK(batches.epoch() == 4);
}

TEST_CASE("a state that is saved after break goes on within the pass") {
  const data::Dataset set{reshape(arange(0, 10), {10, 1}), zeros({10, 1})};
  data::Batches batches(set, {.batch_size = 3});
  for ([[maybe_unused]] const data::Batch& batch : batches)
    if (batches.position() == 2) break;
  CHECK(batches.epoch() == 1);
  data::Batches other(set, {.batch_size = 3});
  other.load_state(batches.state());
  CHECK(other.epoch() == 0);
  std::vector<std::int64_t> first;
  for (const data::Batch& batch : other) first.push_back(batch.features.at<std::int64_t>({0, 0}));
  CHECK(first == std::vector<std::int64_t>{6, 9});
  CHECK(other.epoch() == 1);
}
