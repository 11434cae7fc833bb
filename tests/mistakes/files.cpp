// Files and states that are not what a program takes them for.
#include <reel/core/io/file.hpp>

#include "../core/temporary_folder.hpp"
#include "words.hpp"

using namespace reel;
using reel::test::refused;

// Each mistake stands on one line, whose number has to be in the answer.
// clang-format off

TEST_CASE("tables that do not fit") {
  const TemporaryFolder folder;
  const std::string path = folder.file("mistakes.csv", "size,weight,name\n1,2,a\n3,,b\n");
  refused(__LINE__, [&] { io::read_csv("no_such_file.csv"); }, {"no_such_file.csv"});
  refused(__LINE__, [&] { data::read_csv("/nope"); }, {"/nope"});
  refused(__LINE__, [&] { io::read_csv(path).numbers({"wieght"}); }, {"mistakes.csv", "wieght", "weight"});
  refused(__LINE__, [&] { io::read_csv(path).numbers({"name"}); }, {"mistakes.csv:2", "name", "a"});
  refused(__LINE__, [&] { io::read_csv(path).numbers({"weight"}); }, {"mistakes.csv:3", "weight"});
}

TEST_CASE("files that are damaged, foreign or not there") {
  const TemporaryFolder folder;
  nn::Linear layer(2, 1);
  const std::string path = folder.path("model.safetensors");
  save_safetensors(path, layer.state());
  const std::string bytes = io::read_file(path);
  folder.file("model.safetensors", bytes.substr(0, bytes.size() - 3));
  refused(__LINE__, [&] { load_safetensors(path); }, {"model.safetensors"});
  folder.file("model.safetensors", "this is no such file");
  refused(__LINE__, [&] { load_safetensors(path); }, {"model.safetensors"});
  refused(__LINE__, [&] { load_safetensors("/nope"); }, {"/nope"});
  refused(__LINE__, [&] { save_safetensors("no/such/folder/model.safetensors", layer.state()); }, {"no/such/folder"});
}

TEST_CASE("a PyTorch file is given to load_safetensors") {
  const TemporaryFolder folder;
  const std::string path = folder.file("model.pt", std::string("PK\x03\x04\0\0\x08\x08\0\0archive/data.pkl", 26) + std::string(200, '\1'));
  refused(__LINE__, [&] { load_safetensors(path); }, {"model.pt", "a PyTorch .pt file (a zip archive)", "save the weights as safetensors"});
}

TEST_CASE("states that do not fit") {
  nn::Linear layer(2, 1), other(3, 1), doubles(2, 1, {.dtype = float64});
  refused(__LINE__, [&] { layer.load_state(other.state()); }, {"weight", "(1, 2)", "(1, 3)"});
  refused(__LINE__, [&] { layer.load_state({{"wieght", zeros({1, 2})}}); }, {"missing: weight, bias", "unexpected: wieght"});
  refused(__LINE__, [&] { layer.load_state({}); }, {"missing: weight, bias"});
  refused(__LINE__, [&] { doubles.load_state(layer.state()); }, {"weight is (1, 2) float64 here and (1, 2) float32 in the state", "{.convert = true} converts float32 and float64"});
  CHECK(doubles.load_state(layer.state(), {.convert = true}).ok());
}

TEST_CASE("checkpoints that do not fit") {
  const TemporaryFolder folder;
  nn::Linear layer(2, 1);
  optim::SGD sgd(layer.parameters());
  optim::Adam adam(layer.parameters());
  const std::string path = folder.path("checkpoint"), weights = folder.path("weights");
  optim::save_checkpoint(path, {.model = &layer, .optimizer = &sgd});
  save_safetensors(weights, layer.state());
  refused(__LINE__, [&] { layer.load_state(load_safetensors(path)); }, {"the state is a whole checkpoint", "load_checkpoint(path, {.model = &model})"});
  refused(__LINE__, [&] { optim::load_checkpoint(weights, {.model = &layer}); }, {"it is no checkpoint", "load_state(load_safetensors(path))"});
  refused(__LINE__, [&] { optim::load_checkpoint(path, {.model = &layer, .optimizer = &adam}); }, {"the optimizer is SGD there and Adam here"});
  refused(__LINE__, [&] { optim::ModelCheckpoint({.path = ""}); }, {"ModelCheckpoint: the path is empty"});
}

TEST_CASE("a picture under another format's name is not written") {
  const plot::Figure figure;
  refused(__LINE__, [&] { figure.save("mistakes.png"); }, {"mistakes.png", "SVG", "save it as .svg"});
}
