// Steps, loading and fitting while memory runs out.
#include <reel/core/io/file.hpp>

#include "../core/temporary_folder.hpp"
#include "../optim/problem.hpp"
#include "survives.hpp"

using namespace failing;

namespace {

nn::Sequential small_model() {
  const SeedScope seed(2);
  nn::Sequential model{nn::Linear(2, 3), nn::BatchNorm1d(3), tanh, nn::Linear(3, 1)};
  model.parameters();
  return model;
}

void add_gradients(nn::Module& model) {
  for (ParameterRef p : model.parameters()) p.set_grad(full(p.shape(), 0.25));
}

/// The first step, and the third one after the state was taken, which shares all moments, and a history the parameters.
template <class O, bool First>
struct Step {
  nn::Sequential model = small_model();
  O optimizer = make(model);
  Tensor history;
  State shared;

  static O make(nn::Module& model);
  Step() {
    add_gradients(model);
    if (First) return;
    optimizer.step();
    optimizer.step();
    history = sum(model(ones({2, 2})));
    shared = optimizer.state();
  }
  void run() { optimizer.step(); }
  std::string state() const {
    auto& self = const_cast<Step&>(*this);
    return Digest().add(self.model.parameters()).add(optimizer.state());
  }
  std::string result() const { return state(); }
};

template <class O, bool First>
O Step<O, First>::make(nn::Module& model) {
  using namespace optim;
  if constexpr (std::is_same_v<O, SGD>) {
    return SGD(model.parameters(), {.lr = 0.1, .momentum = 0.9, .dampening = 0.5});
  } else if constexpr (std::is_same_v<O, Adam>) {
    return Adam(model.parameters(), {.lr = 0.1, .amsgrad = true});
  } else if constexpr (std::is_same_v<O, RMSprop>) {
    return RMSprop(model.parameters(), {.lr = 0.1, .momentum = 0.9, .centered = true});
  } else if constexpr (std::is_same_v<O, Adagrad>) {
    return Adagrad(model.parameters(), {.lr = 0.1, .initial_accumulator_value = 0.5});
  } else {
    return O(model.parameters(), {.lr = 0.1});
  }
}

template <class O>
void steps_survive() {
  survives<Step<O, true>>();
  survives<Step<O, false>>();
}

struct LbfgsStep {
  nn::Sequential model = line_model();
  data::Dataset set = line_problem(8);
  optim::LBFGS optimizer{model.parameters(), {.max_iter = 4, .strong_wolfe = true}};
  Tensor loss;

  void run() {
    loss = optimizer.step([&] {
      optimizer.zero_grad();
      Tensor value = nn::mse_loss(model(set.features), set.targets);
      value.backward();
      return value;
    });
  }
  /// Gradients are those of the last evaluation.
  std::string state() const { return Digest().add(model.state()).add(optimizer.state()); }
  std::string result() const { return state(); }
};

template <class Average>
struct Averaged {
  nn::Sequential model = small_model();
  Average average{model};
  optim::SGD optimizer{model.parameters(), {.lr = 0.1}};
  Averaged() {
    average.update();
    add_gradients(model);
    optimizer.step();
    average.update();
    shared = average.values();
    optimizer.step();
  }
  State shared;
  void run() { average.update(); }
  std::string state() const { return Digest().add(average.state()).add(model.state()); }
  std::string result() const { return state(); }
};

struct InAverage {
  nn::Sequential model = small_model();
  optim::EMA average{model, 0.5};
  Tensor y;
  InAverage() {
    average.update();
    optim::SGD optimizer(model.parameters(), {.lr = 0.1});
    add_gradients(model);
    optimizer.step();
  }
  void run() {
    const NoGrad pause;
    const nn::ModeScope mode(model, false);
    const optim::AveragedScope scope(average);
    y = model(ones({2, 2}));
  }
  std::string state() const { return Digest().add(model.state()); }
  std::string result() const { return Digest().add(y).add(model.state()); }
};

struct UpdateBn {
  nn::Sequential model = small_model();
  data::Dataset set = line_problem(20);
  data::Batches batches{set, {.batch_size = 5}};
  void run() { optim::update_bn(model, batches); }
  std::string state() const { return Digest().add(model.state()); }
  std::string result() const { return state(); }
};

/// All that is loaded, beside other numbers of the same kind.
struct Loading {
  nn::Sequential model = small_model(), other = small_model();
  Tensor history = sum(model(ones({2, 2})));
  optim::Adam optimizer{model.parameters(), {.lr = 0.1}}, trained{other.parameters(), {.lr = 0.2}};
  optim::StepLR schedule{optimizer, {.step_size = 2}}, stepped{trained, {.step_size = 2}};
  data::Dataset set = line_problem(20);
  data::Batches batches{set, {.batch_size = 4, .shuffle = true}}, begun{set, {.batch_size = 4, .shuffle = true}};
  optim::EMA average{model}, updated{other};

  Loading() {
    const SeedScope seed(5);
    add_gradients(other);
    for (int i = 0; i < 3; ++i) {
      trained.step();
      stepped.step();
      updated.update();
    }
    begun.start_pass();
    begun.set_position(2);
  }
  std::string state() const {
    auto& self = const_cast<Loading&>(*this);
    return Digest()
        .add(self.model.parameters())
        .add(model.named_buffers().empty() ? "" : "buffers")
        .add(model.state())
        .add(optimizer.state())
        .add(schedule.state())
        .add(batches.state())
        .add(average.state());
  }
  std::string result() const { return state(); }
};

struct LoadModel : Loading {
  void run() { model.load_state(other.state()); }
};
struct LoadOptimizer : Loading {
  void run() { optimizer.load_state(trained.state()); }
};
struct LoadScheduler : Loading {
  void run() { schedule.load_state(stepped.state()); }
};
struct LoadBatches : Loading {
  void run() { batches.load_state(begun.state()); }
};
struct LoadAverage : Loading {
  void run() { average.load_state(updated.state()); }
};

/// The whole file stays, and no other.
struct SaveOver : Loading {
  TemporaryFolder folder;
  const std::string path = folder.path("a.safetensors");
  SaveOver() { optim::save_checkpoint(path, {.model = &model}); }
  void run() { optim::save_checkpoint(path, {.model = &other, .optimizer = &trained}, {{"note", "a text that is not short at all"}}); }
  std::string state() const { return Digest().add(io::read_file(path)).add(fmt::format("{}", folder.names().size())); }
  std::string result() const { return state(); }
};

struct LoadCheckpoint : Loading {
  TemporaryFolder folder;
  const std::string path = folder.path("a.safetensors");
  State extra;
  LoadCheckpoint() { optim::save_checkpoint(path, {&other, &trained, &stepped, &begun, &updated, true, &extra}); }
  void run() { optim::load_checkpoint(path, {&model, &optimizer, &schedule, &batches, &average, true, &extra}); }
};

struct Converting {
  nn::Sequential model = small_model();
  Tensor history = sum(model(ones({2, 2})));
  Converting() { add_gradients(model); }
  std::string state() const { return Digest().add(const_cast<nn::Sequential&>(model).parameters()).add(model.state()); }
  std::string result() const { return state(); }
};
struct ToFloat64 : Converting {
  void run() { model.to(float64); }
};
struct Freezing : Converting {
  void run() { model.freeze(); }
};
struct FreezingOne : Converting {
  void run() { model.freeze("3"); }
};

struct Tied : nn::Module {
  nn::Linear first{3, 3}, second{3, 3};
  REEL_MEMBERS(first, second)
  Tied() { second.weight = first.weight.share(); }
  Tensor forward(const Tensor& x) override { return second(first(x)); }
};

struct Copying {
  nn::Sequential model = small_model();
  Tied tied;
  bool is_tied = false;
  State copied;
  std::string texts;
  void run() {
    nn::Sequential copy = model;
    copied = copy.state();
    const UniquePtr<nn::Module> clone = copy.clone();
    nn::Sequential larger{nn::Linear(2, 2), relu};
    larger = copy;
    texts = clone->summary() + larger.summary({1, 2}) + clone->type_name();
    Tied other = tied;
    is_tied = other.first.weight.is_same(other.second.weight) && !other.first.weight.is_same(tied.first.weight);
  }
  std::string state() const { return Digest().add(const_cast<nn::Sequential&>(model).parameters()).add(model.state()); }
  std::string result() const { return Digest().add(copied).add(texts).add(is_tied ? "tied" : "apart"); }
};

struct Scaling {
  data::Dataset set = line_problem(10);
  std::vector<Tensor> found;
  void run() {
    found.clear();
    data::Standardizer scaler(set.features);
    found.push_back(scaler(set.features));
    data::MinMaxScaler loaded(2);
    loaded.load_state(data::MinMaxScaler(set.features).state());
    found.push_back(loaded.inverse(loaded(set.features)));
  }
  std::string state() const { return {}; }
  std::string result() const { return Digest().add(found); }
};

template <std::size_t Prefetched>
struct Fitting {
  nn::Sequential model = small_model();
  const State start = model.state();
  data::Dataset set = line_problem(24);
  optim::History history;

  void run() {
    manual_seed(6);
    model.load_state(start);
    optim::EMA average(model, 0.5);
    optim::EarlyStopping stopping({.patience = 5, .restore_best = true});
    optim::Trainer trainer(model, nn::mse_loss, optim::Adam(model.parameters(), {.lr = 0.05}),
                           {.metrics = {bias}, .accumulate = 2, .clip_norm = 1, .average = &average});
    history = trainer.fit(
        set, {.epochs = 2, .batch_size = 5, .validation_split = 0.25, .drop_last = true, .prefetch = Prefetched, .callbacks = {&stopping}});
  }
  std::string state() const { return {}; }  // as after the last whole step, which is any
  std::string result() const { return Digest().add(model.state()).add(history.loss.back()).add(history.val_loss.back()); }
};

struct Prefetching {
  data::Dataset set = line_problem(24);
  data::Batches batches{set, {.batch_size = 2}};
  std::vector<Tensor> found;
  void run() {
    found.clear();
    data::Prefetch ahead(batches, batches.start_pass(), 5);
    for (std::size_t i = 0; i < batches.size(); ++i) {
      const data::Batch batch = ahead.next();
      found.push_back(batch.features);
      found.push_back(batch.targets);
    }
  }
  std::string state() const { return {}; }
  std::string result() const { return Digest().add(found); }
};

/// A batch that failed is made again when it is asked for again.
struct PrefetchingOn : Prefetching {
  void run() {
    found.clear();
    found.reserve(2 * batches.size());  // a batch that was handed out has a place
    data::Prefetch ahead(batches, batches.start_pass(), 3);
    bool failed = false;
    const auto note = [&] {
      failed = true;
      disarm();
    };
    while (found.size() < 2 * batches.size()) {
      try {
        const data::Batch batch = ahead.next();
        found.push_back(batch.features);
        found.push_back(batch.targets);
      } catch (const std::bad_alloc&) {
        note();
      } catch (const MemoryError&) {  // of an array
        note();
      }
    }
    if (failed) throw std::bad_alloc();
  }
};

}  // namespace

TEST_CASE("memory runs out in a step of SGD") { steps_survive<optim::SGD>(); }
TEST_CASE("memory runs out in a step of Adam") { steps_survive<optim::Adam>(); }
TEST_CASE("memory runs out in a step of AdamW") { steps_survive<optim::AdamW>(); }
TEST_CASE("memory runs out in a step of RMSprop") { steps_survive<optim::RMSprop>(); }
TEST_CASE("memory runs out in a step of Adagrad and Adadelta") {
  steps_survive<optim::Adagrad>();
  steps_survive<optim::Adadelta>();
}
TEST_CASE("memory runs out in a step of Adamax, NAdam and RAdam") {
  steps_survive<optim::Adamax>();
  steps_survive<optim::NAdam>();
  steps_survive<optim::RAdam>();
}
TEST_CASE("memory runs out in a step of Lion") { steps_survive<optim::Lion>(); }
TEST_CASE("memory runs out in a step of LBFGS") { survives<LbfgsStep>(); }
TEST_CASE("memory runs out while weights are averaged") {
  survives<Averaged<optim::EMA>>();
  survives<Averaged<optim::SWA>>();
  survives<InAverage>();
  survives<UpdateBn>();
}
TEST_CASE("memory runs out while one object is loaded") {
  survives<LoadModel>();
  survives<LoadOptimizer>();
  survives<LoadScheduler>();
  survives<LoadBatches>();
  survives<LoadAverage>();
}
TEST_CASE("memory runs out while a checkpoint is loaded") { survives<LoadCheckpoint>(); }
TEST_CASE("memory runs out while a checkpoint is saved") { survives<SaveOver>(); }
TEST_CASE("memory runs out while modules are converted and frozen") {
  survives<ToFloat64>();
  survives<Freezing>();
  survives<FreezingOne>();
}
TEST_CASE("memory runs out while modules are copied") { survives<Copying>(); }
TEST_CASE("memory runs out in scalers") { survives<Scaling>(); }
TEST_CASE("memory runs out in fit()") { survives<Fitting<0>>(); }
TEST_CASE("memory runs out in fit() with a prefetching thread") { survives<Fitting<2>>({.pool_moves = true}); }
TEST_CASE("memory runs out in a prefetching thread") {
  survives<Prefetching>({.pool_moves = true});
  survives<PrefetchingOn>({.pool_moves = true});
}
