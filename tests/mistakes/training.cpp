// Mistakes with models, data and training.
#include <cmath>
#include <cstdio>
#include <fstream>

#include "words.hpp"

using namespace reel;
using reel::test::refused;

namespace {

std::string written(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

data::Dataset small_set(std::size_t rows = 4) { return {random::normal({rows, 2}), random::normal({rows, 1})}; }

}  // namespace

// Each mistake stands on one line, whose number has to be in the answer where the program's own line is to blame.
// clang-format off

TEST_CASE("layers and optimizers that cannot be made") {
  refused(__LINE__, [&] { nn::Linear(0, 2); }, {"Linear", "0"});
  refused(__LINE__, [&] { nn::Dropout(1.5); }, {"Dropout", "1.5"});
  refused(__LINE__, [&] { nn::MultiheadAttention(6, 4); }, {"MultiheadAttention", "6", "4"});
  refused(__LINE__, [&] { nn::Linear(2, 3, {.init = "xaver"}); }, {"xaver", "glorot_uniform"});
  nn::Linear layer(2, 1);
  refused(__LINE__, [&] { optim::SGD(layer.parameters(), {.lr = -1}); }, {"SGD", "-1"});
  refused(__LINE__, [&] { optim::Adam({}); }, {"no parameters"});
  refused(__LINE__, [&] { optim::SGD({layer.weight, layer.weight}, {.lr = 1}); }, {"weight", "twice"});
}

TEST_CASE("data that does not fit") {
  const data::Dataset uneven{zeros({3, 2}), zeros({4, 1})}, empty{zeros({0, 2}), zeros({0, 1})}, set = small_set();
  refused(__LINE__, [&] { data::Batches batches(uneven); }, {"3", "4"});
  refused(__LINE__, [&] { data::Batches batches(set, {.batch_size = 0}); }, {"batch", "0"});
  const data::Dataset one = small_set(1);
  refused(__LINE__, [&] { data::split(one); }, {"split", "1"});
  nn::Linear layer(2, 1);
  optim::Trainer trainer(layer, nn::mse_loss, optim::SGD(layer.parameters(), {.lr = 0.1}));
  refused(__LINE__, [&] { trainer.fit(empty); }, {"fit"});
  refused(__LINE__, [&] { trainer.fit({full({4, 2}, std::nan("")), zeros({4, 1})}); }, {"fit", "NaN", "epoch 1", "batch 1"});
}

TEST_CASE("tables that do not fit") {
  const std::string path = written("mistakes.csv", "size,weight,name\n1,2,a\n3,,b\n");
  refused([&] { io::read_csv("no_such_file.csv"); }, {"no_such_file.csv"});
  refused([&] { io::read_csv(path).numbers({"wieght"}); }, {"mistakes.csv", "wieght", "weight"});
  refused([&] { io::read_csv(path).numbers({"name"}); }, {"mistakes.csv:2", "name", "a"});
  refused([&] { io::read_csv(path).numbers({"weight"}); }, {"mistakes.csv:3", "weight"});
  std::remove(path.c_str());
}

TEST_CASE("states and files that do not fit") {
  nn::Linear layer(2, 1), other(3, 1);
  refused([&] { layer.load_state(other.state()); }, {"weight", "(1, 2)", "(1, 3)"});
  refused([&] { layer.load_state({{"wieght", zeros({1, 2})}}); }, {"wieght", "weight"});
  save_safetensors("mistakes.safetensors", layer.state());
  std::string bytes;
  {
    std::ifstream file("mistakes.safetensors", std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(file), {});
  }
  refused([&] { load_safetensors(written("mistakes.safetensors", bytes.substr(0, bytes.size() - 3))); }, {"mistakes.safetensors"});
  refused([&] { load_safetensors(written("mistakes.safetensors", "this is no such file")); }, {"mistakes.safetensors"});
  std::remove("mistakes.safetensors");
  refused([&] { save_safetensors("no/such/folder/model.safetensors", layer.state()); }, {"no/such/folder"});
  refused([&] { load_safetensors("/nope"); }, {"/nope"});
}

TEST_CASE("batch norm of one sample") {
  nn::BatchNorm1d norm(3);
  refused(__LINE__, [&] { norm(zeros({1, 3})); }, {"batch_norm", "(1, 3)", "more than one value"});
}

TEST_CASE("a picture under another format's name is not written") {
  const plot::Figure figure;
  refused(__LINE__, [&] { figure.save("mistakes.png"); }, {"mistakes.png", "SVG", "save it as .svg"});
}
