#include <algorithm>
#include <thread>

#include <catch2/catch.hpp>

#include "error_text.hpp"
#include "models.hpp"

using namespace reel;
using Catch::Contains;
using Catch::EndsWith;

namespace {

/// The paths of the modules that recorded ops of this name, oldest first.
std::vector<std::string> paths(const Tensor& result, const std::string& op) {
  std::vector<std::string> found;
  for (const Entry& entry : Tape(result))
    if (entry.op() == op) found.push_back(entry.module());
  return found;
}

std::vector<std::string> parameter_names(const Tensor& result) {
  std::vector<std::string> found;
  for (const Entry& entry : Tape(result))
    if (entry.op() == "parameter") found.push_back(entry.name());
  std::sort(found.begin(), found.end());
  return found;
}

struct Network : nn::Module {
  nn::Sequential body{nn::Linear(4, 8), Highway(8), nn::Linear(8, 2)};
  REEL_MEMBERS(body)
  int forward_line = 0;
  Tensor forward(const Tensor& x) override {
    forward_line = __LINE__ + 1;
    return body(x);
  }
};

}  // namespace

TEST_CASE("what a module records carries its path") {
  nn::Sequential model = highway_model();
  const Tensor y = model(ones({2, 4}));
  CHECK(paths(y, "linear") == std::vector<std::string>{"0", "1.gate", "1.transform", "3"});
  CHECK(paths(y, "relu") == std::vector<std::string>{"1"});
  CHECK(paths(y, "tanh") == std::vector<std::string>{"2.0"});
  CHECK(paths(y, "dropout") == std::vector<std::string>{"2.1"});
  CHECK(paths(sum(y), "sum") == std::vector<std::string>{""});
  CHECK(parameter_names(y) == std::vector<std::string>{"0.bias", "0.weight", "1.gate.bias", "1.gate.weight", "1.scale", "1.transform.bias",
                                                       "1.transform.weight", "3.bias", "3.weight"});
}

TEST_CASE("ops of a layer are recorded where the user's own source calls it") {
  Network model;
  const Tensor y = model(ones({2, 4}));
  CHECK(entry_of(y, "linear").location().line == model.forward_line);
  CHECK(entry_of(y, "linear").location().file_name() == "module_paths.cpp");
  CHECK(entry_of(y, "relu").location().file_name() == "models.hpp");

  nn::Linear layer(4, 1);
  const int line = __LINE__ + 1;
  const Tensor z = layer(ones({2, 4}));
  const Entry entry(z);
  CHECK(entry.location().line == line);
  CHECK(entry.location().file_name() == "module_paths.cpp");
}

TEST_CASE("an error within modules names shapes, path and the user's line") {
  Network model;
  CHECK(error_text<ShapeError>([&] { model(ones({2, 5})); }).find("(2, 5)") != std::string::npos);
  const std::string text = error_text<ShapeError>([&] { model(ones({2, 5})); });
  CHECK_THAT(text, Contains("(2, 5)") && Contains("(8, 4)") && Contains("linear"));
  CHECK_THAT(text, EndsWith("(in body.0, module_paths.cpp:" + std::to_string(model.forward_line) + ")"));

  nn::Sequential plain{relu, nn::Sequential{nn::Linear(3, 1)}};
  CHECK_THAT(error_text<ShapeError>([&] { plain(ones({2, 4})); }), EndsWith("(in 1.0, module_paths.cpp:" + std::to_string(__LINE__) + ")"));
}

TEST_CASE("after an error the next call has its own path again") {
  Network model;
  CHECK_THROWS_AS(model(ones({2, 5})), ShapeError);
  CHECK(Entry(ones({2}) + variable(ones({2}))).module().empty());
  CHECK(paths(model(ones({2, 4})), "linear") == std::vector<std::string>{"body.0", "body.1.gate", "body.1.transform", "body.2"});
}

namespace {

struct Reaching : nn::Module {
  Network inner;
  nn::Linear stranger{4, 4};  // not a member that it names
  REEL_MEMBERS(inner)
  Tensor forward(const Tensor& x) override { return inner.body[0](stranger(x)); }
};

struct Swapping : nn::Module {
  std::vector<std::unique_ptr<nn::Linear>> layers;
  Swapping() {
    for (int i = 0; i < 2; ++i) layers.push_back(std::make_unique<nn::Linear>(2, 2));
  }
  REEL_MEMBERS(layers)
  Tensor forward(const Tensor& x) override { return (*layers[1])((*layers[0])(x)); }
};

}  // namespace

TEST_CASE("a module that is called past its owner has its whole path, one that no member names its class") {
  Reaching model;
  CHECK(paths(model(ones({1, 4})), "linear") == std::vector<std::string>{"Linear", "inner.body.0"});
}

TEST_CASE("a layer in another place has another path") {
  Swapping model;
  CHECK(paths(model(ones({1, 2})), "linear") == std::vector<std::string>{"layers.0", "layers.1"});
  std::swap(model.layers[0], model.layers[1]);
  model.parameters();
  const Tensor y = model(ones({1, 2}));
  CHECK(paths(y, "linear") == std::vector<std::string>{"layers.0", "layers.1"});
  CHECK(entry_of(y, "linear").inputs()[1].name() == "layers.1.weight");

  std::vector<Highway> blocks;
  blocks.emplace_back(2);
  blocks[0](ones({1, 2}));
  blocks.emplace_back(2);
  CHECK(paths(blocks[0](ones({1, 2})), "linear") == std::vector<std::string>{"gate", "transform"});
  nn::Sequential model2{blocks[0], blocks[1]};
  CHECK(paths(model2(ones({1, 2})), "linear") == std::vector<std::string>{"0.gate", "0.transform", "1.gate", "1.transform"});
}

TEST_CASE("threads may call one model at once") {
  manual_seed(4);
  nn::Sequential model = highway_model();
  model.eval();
  const nn::Sequential fresh = model;
  const Tensor x = random::normal({8, 4});
  const Tensor expected = model(x);
  nn::Sequential called_first_by_threads = fresh;
  std::vector<int> right(4);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < right.size(); ++t) {
    threads.emplace_back([&, t] {
      const NoGrad pause;
      for (int i = 0; i < 200; ++i) {
        const Tensor y = called_first_by_threads(x);
        right[t] += !y.has_history() && identical(y.value(), expected.value());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(right == std::vector<int>(4, 200));
}

TEST_CASE("threads may record histories through one model at once") {
  nn::Sequential model = highway_model();
  model.eval();
  std::vector<std::string> seen(4);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < seen.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        for (const std::string& path : paths(model(ones({2, 4})), "linear")) seen[t] += path + ' ';
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::string expected;
  for (int i = 0; i < 50; ++i) expected += "0 1.gate 1.transform 3 ";
  CHECK(seen == std::vector<std::string>(4, expected));
}
