#include <catch2/catch.hpp>

#include "../core/temporary_folder.hpp"
#include "../nn/error_text.hpp"
#include "all_optimizers.hpp"
#include "problem.hpp"

using namespace reel;
using Catch::Contains;

namespace {

/// A training by hand, with all that has a state: dropout, shuffled batches, a schedule, an average.
struct Run {
  data::Dataset set = line_problem(23);
  nn::Sequential model{nn::Linear(2, 6), tanh, nn::Dropout(0.3), nn::Linear(6, 1)};
  UniquePtr<optim::Optimizer> optimizer;
  optim::LinearLR warm_up;
  optim::CosineAnnealingLR cosine;
  optim::SequentialLR schedule;
  data::Batches batches{set, {.batch_size = 5, .shuffle = true}};
  optim::EMA average{model, 0.9};

  explicit Run(const MakeOptimizer& make)
      : optimizer(make(model.parameters())),
        warm_up(*optimizer, {.start_factor = 0.1, .total_iters = 4}),
        cosine(*optimizer, {.T_max = 20}),
        schedule(*optimizer, {&warm_up, &cosine}, {4}) {}

  optim::CheckpointParts parts() {
    return {.model = &model, .optimizer = optimizer.get(), .scheduler = &schedule, .batches = &batches, .average = &average};
  }

  /// So many steps more, with a checkpoint after some of them; the losses.
  std::vector<double> train(std::size_t steps, std::size_t save_after = 0, const std::string& path = {}) {
    std::vector<double> losses;
    while (losses.size() < steps) {
      for (const data::Batch& batch : batches) {
        const Tensor loss = optimizer->step([&] {
          optimizer->zero_grad();
          Tensor value = nn::mse_loss(model(batch.features), batch.targets);
          value.backward();
          return value;
        });
        schedule.step();
        average.update();
        losses.push_back(loss.item<double>());
        if (losses.size() == save_after) optim::save_checkpoint(path, parts());
        if (losses.size() == steps) break;
      }
    }
    return losses;
  }
};

void check_identical(const State& a, const State& b) {
  REQUIRE(a.size() == b.size());
  for (const auto& [name, value] : a) {
    INFO(name);
    CHECK(identical(value.value(), b.at(name).value()));
  }
}

struct Threads {
  explicit Threads(std::size_t n) { set_num_threads(n); }
  ~Threads() { set_num_threads(before); }
  std::size_t before = num_threads();
};

}  // namespace

TEST_CASE("a training that goes on from a checkpoint is the one that never stopped, bit for bit") {
  const TemporaryFolder folder;
  for (const auto& [name, make] : all_optimizers) {
    for (const std::size_t threads : {1u, 2u}) {
      INFO(name << ", " << threads << " threads");
      const Threads scope(threads);
      const std::string path = folder.path("run.safetensors");
      manual_seed(7);
      Run whole(make);
      // 7 steps are one pass of 5 batches and 2 of the next.
      const auto losses = whole.train(14, 7, path);
      const std::vector<double> expected(losses.begin() + 7, losses.end());

      manual_seed(99);
      Run fresh(make);
      optim::load_checkpoint(path, fresh.parts());
      CHECK(fresh.batches.epoch() == 1);
      CHECK(fresh.batches.position() == 2);
      CHECK(fresh.train(7) == expected);
      check_identical(whole.model.state(), fresh.model.state());
      check_identical(whole.optimizer->state(), fresh.optimizer->state());
      check_identical(whole.schedule.state(), fresh.schedule.state());
      check_identical(whole.average.state(), fresh.average.state());
      CHECK(whole.batches.epoch() == fresh.batches.epoch());
    }
  }
}

TEST_CASE("large parameters get the same bits on one thread and on two") {
  for (const auto& [name, make] : all_optimizers) {
    INFO(name);
    const auto train = [&make = make](std::size_t threads) {
      const Threads scope(threads);
      manual_seed(3);
      nn::Linear layer(211, 401);
      const Tensor x = random::normal({8, 211});
      const auto optimizer = make(layer.parameters());
      for (int i = 0; i < 3; ++i)
        optimizer->step([&] {
          optimizer->zero_grad();
          Tensor loss = mean(square(layer(x)));
          loss.backward();
          optim::clip_grad_norm(layer.parameters(), 0.01);
          return loss;
        });
      return layer.state();
    };
    check_identical(train(1), train(2));
  }
}

TEST_CASE("a checkpoint holds names that a reader can use, and the metadata") {
  const TemporaryFolder folder;
  const std::string path = folder.path("run.safetensors");
  Run run([](const auto& p) { return UniquePtr<optim::Optimizer>(new optim::Adam(p, {.lr = 0.25})); });
  run.train(3);
  State mine{{"note", tensor({1.0, 2.0})}};
  optim::CheckpointParts parts = run.parts();
  parts.extra = &mine;
  optim::save_checkpoint(path, parts, {{"author", "me"}});
  const State file = load_safetensors(path);
  for (const char* const name : {"model.0.weight", "optimizer.state.0.exp_avg", "optimizer.state.3.exp_avg_sq", "optimizer.state.0.step",
                                 "optimizer.group.0.lr", "optimizer.group.0.betas.1", "scheduler.last_epoch", "scheduler.1.base_lrs.0",
                                 "batches.order", "random.position", "average.mean.0.weight", "extra.note"}) {
    INFO(name);
    CHECK(file.contains(name));
  }
  mine.clear();
  CHECK(optim::load_checkpoint(path, parts) == optim::Metadata{{"author", "me"}});
  CHECK(mine.at("note").size() == 2);
  // The weights alone, for a model that only predicts.
  nn::Sequential other{nn::Linear(2, 6), tanh, nn::Dropout(0.3), nn::Linear(6, 1)};
  optim::load_checkpoint(path, {.model = &other, .random = false});
  check_identical(other.state(), run.model.state());
}

TEST_CASE("a checkpoint that does not fit changes nothing, and says what does not fit") {
  const TemporaryFolder folder;
  const std::string path = folder.path("run.safetensors");
  const auto adam = [](const auto& p) { return UniquePtr<optim::Optimizer>(new optim::Adam(p)); };
  Run run(adam);
  run.train(3);
  optim::save_checkpoint(path, {.model = &run.model, .optimizer = run.optimizer.get(), .batches = &run.batches});
  const auto message = [&](const optim::CheckpointParts& parts) {
    return error_text<IoError>([&] { optim::load_checkpoint(path, parts); });
  };
  const auto check_untouched = [&](Run& other, const optim::CheckpointParts& parts, const std::string& text) {
    const Generator generator = default_generator();
    const State model = other.model.state(), optimizer = other.optimizer->state();
    CHECK_THAT(message(parts), Contains(text));
    CHECK(message(parts).starts_with(path + ": "));
    check_identical(model, other.model.state());
    check_identical(optimizer, other.optimizer->state());
    CHECK(generator == default_generator());
  };
  Run other(adam), sgd([](const auto&p) { return UniquePtr<optim::Optimizer>(new optim::SGD(p)); });
  check_untouched(other, other.parts(), "the checkpoint has no scheduler");
  check_untouched(sgd, {.model = &sgd.model, .optimizer = sgd.optimizer.get()}, "the optimizer is Adam there and SGD here");
  const data::Dataset small = line_problem(4);
  data::Batches few(small, {.batch_size = 5});
  check_untouched(other, {.model = &other.model, .optimizer = other.optimizer.get(), .batches = &few},
                  "batches: Batches: order is (23,) int64 and has to be (4,) int64");
  nn::Linear wide(3, 6);
  optim::Adam of_wide(wide.parameters());
  CHECK_THAT(message({.optimizer = &of_wide}), Contains("optimizer: Adam: the state does not fit; unexpected: state.2") &&
                                                   Contains("different: state.0.exp_avg is (6, 2) float32 and parameter") &&
                                                   Contains("is (6, 3) float32"));
  CHECK_THAT(error_text<IoError>([&] { optim::load_checkpoint(folder.path("none"), other.parts()); }), Contains("none"));
}

TEST_CASE("a checkpoint of a model without a state is not saved, and load_state() knows a checkpoint") {
  const TemporaryFolder folder;
  const std::string path = folder.path("run.safetensors");
  nn::Sequential empty{tanh};
  CHECK(placed_text([&] { optim::save_checkpoint(path, {.model = &empty}); }) ==
        "save_checkpoint: " + path +
            " would hold no tensors of the model; a module has no state where its class names no parameter, buffer or layer in "
            "REEL_MEMBERS(...)");
  CHECK(folder.names().empty());
  nn::Linear layer(2, 1);
  optim::save_checkpoint(path, {.model = &layer});
  CHECK_THAT(error_text([&] { layer.load_state(load_safetensors(path)); }), Contains("load_checkpoint(path, {.model = &model})"));
}

TEST_CASE("an optimizer's state goes over to another one, or not at all") {
  nn::Linear layer(2, 2), twin(2, 2);
  optim::SGD sgd(layer.parameters(), {.lr = 0.5, .momentum = 0.9}), other(twin.parameters());
  sum(layer(ones({1, 2}))).backward();
  sgd.step();
  other.load_state(sgd.state());
  CHECK(other.lr() == 0.5);
  CHECK(other.options().momentum == 0.9);
  check_identical(sgd.state(), other.state());
  State state = sgd.state();
  state["group.0.lr"] = Tensor(Array::scalar(-1, float64));
  CHECK_THAT(error_text([&] { other.load_state(state); }), Contains("lr is -1"));
  CHECK(other.lr() == 0.5);
  state = sgd.state();
  state.erase("state.0.momentum_buffer");
  state["surplus"] = ones({1});
  state["state.1.step"] = ones({1});
  CHECK(placed_text([&] { other.load_state(state); }) ==
        "SGD: the state does not fit; missing: state.0.momentum_buffer; unexpected: state.1.momentum_buffer, surplus; different: "
        "state.1.step is (1,) float32 and has to be one int64");
  check_identical(sgd.state(), other.state());
}

TEST_CASE("batches go on where they were") {
  const data::Dataset set = line_problem(10);
  data::Batches batches(set, {.batch_size = 3, .shuffle = true}), again(set, {.batch_size = 3, .shuffle = true});
  std::vector<Array> rest;
  std::map<std::string, Tensor> state;
  for (const data::Batch& batch : batches) {
    if (batches.position() > 2) rest.push_back(batch.features.value());
    if (batches.position() == 2) state = batches.state();
  }
  CHECK(batches.epoch() == 1);
  again.load_state(state);
  std::size_t i = 0;
  for (const data::Batch& batch : again) CHECK(identical(batch.features.value(), rest.at(i++)));
  CHECK(i == 2);
  CHECK(again.epoch() == 1);
  i = 0;
  for (const data::Batch& batch : again) i += batch.size();
  CHECK(i == 10);
  state["order"] = zeros({10}, {.dtype = int64});
  CHECK(placed_text([&] { again.load_state(state); }) == "Batches: the order is no permutation of 10 samples");
  state.erase("order");
  CHECK(placed_text([&] { again.load_state(state); }) == "Batches: the state has no order");
}
