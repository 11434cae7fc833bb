#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "../core/temporary_folder.hpp"
#include "error_text.hpp"
#include "models.hpp"

using namespace reel;
using Catch::Contains;

namespace {

/// Columns: spread, constant at a number that has no exact sum, and shifted.
Tensor features(Dtype dtype) { return tensor({{1.0, 0.1, -2.0}, {3.0, 0.1, 0.0}, {5.0, 0.1, 2.0}}, {.dtype = dtype}); }

}  // namespace

TEST_CASE("Standardizer scales columns to mean 0 and deviation 1 of the population") {
  for (const Dtype dtype : {float32, float64}) {
    const Tensor x = features(dtype);
    const data::Standardizer scale(x);
    const double s = std::sqrt(8.0 / 3);
    CHECK(allclose(scale.mean, tensor({3.0, 0.1, 0.0}, {.dtype = dtype}), 1e-6));
    CHECK(allclose(scale.std, tensor({s, 1.0, s}, {.dtype = dtype}), 1e-6));
    CHECK(allclose(scale(x), tensor({{-2 / s, 0.0, -2 / s}, {0.0, 0.0, 0.0}, {2 / s, 0.0, 2 / s}}, {.dtype = dtype}), 1e-6));
    CHECK(scale(x).dtype() == dtype);
    CHECK(allclose(scale.inverse(scale(x)), x, 1e-6));
  }
}

TEST_CASE("MinMaxScaler scales columns to the range from 0 to 1") {
  for (const Dtype dtype : {float32, float64}) {
    const Tensor x = features(dtype);
    const data::MinMaxScaler scale(x);
    CHECK(allclose(scale(x), tensor({{0.0, 0.0, 0.0}, {0.5, 0.0, 0.5}, {1.0, 0.0, 1.0}}, {.dtype = dtype})));
    CHECK(allclose(scale(2 * x).row(2), tensor({2.25, 0.1, 1.5}, {.dtype = dtype}), 1e-6));
    CHECK(allclose(scale.inverse(scale(x)), x, 1e-6));
  }
}

TEST_CASE("a constant column is only centred, whatever number and however many rows") {
  for (const double c : {0.1, 1e8 + 0.3, -1.0 / 3}) {
    for (const int rows : {1, 3, 7, 1000}) {
      const Tensor x = full({rows, 1}, c, {.dtype = float64});
      CHECK(max(abs(data::Standardizer(x)(x))).item<double>() == 0);
      CHECK(max(abs(data::MinMaxScaler(x)(x))).item<double>() == 0);
    }
  }
}

TEST_CASE("scalers keep digits where the mean is large") {
  const data::Standardizer scale(tensor({{1000000.0}, {1000001.0}, {1000002.0}}));
  CHECK(scale.std.item<double>() == Approx(std::sqrt(2.0 / 3)).epsilon(1e-6));
}

TEST_CASE("scalers refuse what they cannot learn from") {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  CHECK(placed_text([&] {
          data::Standardizer(tensor({{1.0f, 2.0f}, {3.0f, nan}}));
        }) == "Standardizer: the feature in row 1, column 1 is nan; fill or drop what is missing first");
  CHECK(placed_text([&] {
          data::MinMaxScaler(tensor({{inf, 2.0f}}));
        }) == "MinMaxScaler: the feature in row 0, column 0 is inf; fill or drop what is missing first");
  CHECK(placed_text<ShapeError>([] {
          data::Standardizer(zeros({0, 3}));
        }) == "Standardizer: features are (0, 3); it learns from (rows, columns) with at least one row");
  CHECK(placed_text<ShapeError>([] { data::MinMaxScaler(zeros({4})); }) ==
        "MinMaxScaler: features are (4,); it learns from (rows, columns) with at least one row");
}

TEST_CASE("scalers refuse another number of columns instead of broadcasting") {
  const data::Standardizer scale(features(float32));
  const data::MinMaxScaler range(features(float32));
  const int line = __LINE__ + 1;
  const std::string text = error_text<ShapeError>([&] { scale(zeros({5, 1})); });
  CHECK(text == "Standardizer: x is (5, 1); it learned from 3 columns and needs as many (scalers.cpp:" + std::to_string(line) + ")");
  CHECK_THROWS_AS(scale.inverse(zeros({2})), ShapeError);
  CHECK_THROWS_AS(range(zeros({5, 4})), ShapeError);
  CHECK_THROWS_AS(range.inverse(zeros({})), ShapeError);
  CHECK(scale(zeros({3})).shape() == Shape{3});
}

TEST_CASE("a scaler in front of a model is saved, loaded and converted with it") {
  manual_seed(4);
  const TemporaryFolder folder;
  const Tensor x = features(float32);
  nn::Sequential model{data::Standardizer(x), nn::Linear(3, 2), tanh, nn::Linear(2, 1)};
  CHECK(model.state().contains("0.mean"));
  CHECK(model.state().contains("0.std"));
  CHECK(model.parameters().size() == 4);
  CHECK_THAT(model.summary({2, 3}), Contains("0: Standardizer(3)") && Contains("(2, 3)"));
  save_safetensors(folder.path("model.safetensors"), model.state(), {{"made by", "a test"}});

  nn::Sequential again{data::Standardizer(3), nn::Linear(3, 2), tanh, nn::Linear(2, 1)};
  CHECK_FALSE(identical(again(x).value(), model(x).value()));
  again.load_state(load_safetensors(folder.path("model.safetensors")));
  CHECK(same_bits(again.state(), model.state()));
  CHECK(identical(again(x).value(), model(x).value()));
  again.to(float64);
  CHECK(again(features(float64)).dtype() == float64);
  CHECK(allclose(again(features(float64)), astype(model(x), float64), 1e-5));
}

TEST_CASE("a scaler that a module calls has a path and an output shape, as every layer") {
  struct Scaled : nn::Module {
    data::Standardizer scale{3};
    data::MinMaxScaler range{3};
    REEL_MEMBERS(scale, range)
    Tensor forward(const Tensor& x) override { return range(scale(x)); }
  };
  Scaled model;
  const Tape tape(model(variable(ones({2, 3}))));
  CHECK(tape[tape.size() - 1].module() == "range");
  CHECK(model.summary() ==
        "Scaled                  output shape  parameters\n"
        "------------------------------------------------\n"
        "scale: Standardizer(3)  (2, 3)                 -\n"
        "range: MinMaxScaler(3)  (2, 3)                 -\n"
        "------------------------------------------------\n"
        "0 parameters, 0 trainable");
  CHECK_THAT(error_text<ShapeError>([&] { model(ones({2, 1})); }), Contains("(in scale, scalers.cpp:"));
}

TEST_CASE("a state of every dtype goes through a file bit for bit") {
  const TemporaryFolder folder;
  const std::string path = folder.path("state.safetensors");
  State state = Everything().state();
  state["count"] = tensor({1, -2});
  state["mask"] = tensor({true, false});
  state["double"] = tensor({0.1, -0.0}, {.dtype = float64});
  state["scalar"] = full({}, 3);
  state["empty"] = zeros({0, 4});
  save_safetensors(path, state);
  CHECK(same_bits(load_safetensors(path), state));
  CHECK_THAT(error_text<IoError>([&] { load_safetensors(folder.path("other")); }), Contains(folder.path("other")));
}
