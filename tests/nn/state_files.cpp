#include <cstring>

#include <catch2/catch.hpp>
#include <reel/core/io/safetensors.hpp>
#include <reel/nn/data/dataset.hpp>
#include <reel/nn/data/idx.hpp>
#include <reel/nn/layers/linear.hpp>

#include "../core/temporary_folder.hpp"
#include "error_text.hpp"

using namespace reel;
using Catch::Contains;

namespace {

struct Nameless : nn::Module {
  nn::Linear layer{2, 1};
  Tensor forward(const Tensor& x) override { return layer(x); }
};

/// A safetensors file of this header and so many bytes of zeros.
std::string safetensors(const std::string& header, std::size_t data_bytes) {
  const std::uint64_t length = header.size();
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  return bytes + header + std::string(data_bytes, '\0');
}

}  // namespace

TEST_CASE("a state without tensors is not saved, and the message says where it comes from") {
  const TemporaryFolder folder;
  const std::string path = folder.path("m.safetensors");
  const Nameless model;
  CHECK(placed_text([&] {
          save_safetensors(path, model.state(), {{"epoch", "3"}});
        }) == "save_safetensors: " + path +
                  " would hold no tensors; a module has no state where its class names no parameter, buffer or layer in REEL_MEMBERS(...)");
  CHECK(folder.names().empty());
}

TEST_CASE("functions that read and write files of tensors and data name the line that called them") {
  const TemporaryFolder folder;
  CHECK(placed_text<IoError>([] { load_safetensors("/nope"); }) == "cannot read /nope: it does not exist");
  CHECK(placed_text<IoError>([] { save_safetensors("/nope/a", nn::Linear(1, 1).state()); }) ==
        "cannot write /nope/a: its folder does not exist");
  CHECK(placed_text<IoError>([] { save_safetensors("a.pt", nn::Linear(1, 1).state()); }) ==
        "write_safetensors: a.pt ends in .pt, but what is written is a safetensors file; let the name end in .safetensors");
  CHECK(placed_text<IoError>([] { data::read_csv("/nope"); }) == "cannot read /nope: it does not exist");
  CHECK(placed_text<IoError>([] { data::read_idx("/nope", "/nope"); }) == "cannot read /nope: it does not exist");
  const data::Dataset set{zeros({2, 1}), zeros({3, 1})};
  CHECK_THAT(placed_text<ShapeError>([&] { set.check(); }), Contains("both need one length") && !Contains("without the place"));
  const data::Dataset good{zeros({2, 1}), zeros({2, 1})};
  const std::vector<std::int64_t> rows{5};
  CHECK_THAT(placed_text<ShapeError>([&] { good.take(rows); }), !Contains("without the place"));
}

TEST_CASE("read_csv says which delimiter a file of one column seems to have") {
  const TemporaryFolder folder;
  const std::string path = folder.file("d.csv", "a;b;y\n1,5;2;0\n2,5;3;1\n");
  CHECK(placed_text<IoError>([&] { data::read_csv(path); }) ==
        path + ":2: found 2 cells, expected 1; ';' looks like the delimiter, which .delimiter = ';' says");
  const std::string whole = folder.file("e.csv", "a;b;y\n1;2;0\n2;3;1\n");
  CHECK(placed_text<IoError>([&] { data::read_csv(whole); }) ==
        whole +
            ": no column is left besides the target, so there are no features; ';' looks like the delimiter, which .delimiter = ';' says");
  const data::Dataset set = data::read_csv(path, {.csv = {.delimiter = ';', .decimal = ','}});
  CHECK(identical(set.features.value(), tensor({{1.5, 2.0}, {2.5, 3.0}}).value()));
}

TEST_CASE("a file's tensors of unknown dtypes do not stop load_safetensors, unless there is no other") {
  const TemporaryFolder folder;
  const std::string marker = R"("scaled_fp8":{"dtype":"F8_E4M3","shape":[0],"data_offsets":[0,0]})";
  const std::string both =
      folder.file("a.safetensors", safetensors("{" + marker + R"(,"weight":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}})", 8));
  const State state = load_safetensors(both);
  REQUIRE(state.size() == 1);
  nn::Linear layer(2, 1, {.bias = false});
  layer.load_state(state);
  CHECK(layer.weight.value().at<float>({0, 1}) == 0);
  const std::string alone = folder.file("b.safetensors", safetensors("{" + marker + "}", 0));
  CHECK(placed_text<IoError>([&] { load_safetensors(alone); }) ==
        alone + ": none of its tensors can be read; 'scaled_fp8' is F8_E4M3 of shape (0,)");
}

TEST_CASE("load_state knows the state of a whole checkpoint") {
  nn::Linear layer(2, 1);
  State checkpoint{{"random.seed", Tensor(Array::scalar(1, int64))}};
  for (const auto& [name, tensor] : layer.state()) checkpoint.emplace("model." + name, tensor);
  CHECK_THAT(error_text([&] { layer.load_state(checkpoint); }),
             Contains("; the state is a whole checkpoint: load_checkpoint(path, {.model = &model}) loads one"));
  CHECK_THAT(error_text([&] { layer.load_state({{"w", zeros({1})}}); }), !Contains("load_checkpoint"));
}
