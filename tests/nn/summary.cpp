#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "error_text.hpp"
#include "models.hpp"

using namespace reel;
using Catch::Contains;

TEST_CASE("summary lists layers, output shapes and parameters") {
  nn::Sequential model = highway_model();
  const std::string before =
      "Sequential                 output shape  parameters\n"
      "---------------------------------------------------\n"
      "0: Linear(4, 8)            ?                     40\n"
      "1: Highway                 ?                      8\n"
      "  transform: Linear(8, 8)  ?                     72\n"
      "  gate: Linear(8, 8)       ?                     72\n"
      "2: Sequential              ?                      -\n"
      "  0: tanh                  ?                      -\n"
      "  1: Dropout(0.1)          ?                      -\n"
      "3: Linear(8, 1)            ?                      9\n"
      "4: sigmoid                 ?                      -\n"
      "---------------------------------------------------\n"
      "201 parameters, 201 trainable";
  const std::string after =
      "Sequential                 output shape  parameters\n"
      "---------------------------------------------------\n"
      "0: Linear(4, 8)            (16, 8)               40\n"
      "1: Highway                 (16, 8)                8\n"
      "  transform: Linear(8, 8)  (16, 8)               72\n"
      "  gate: Linear(8, 8)       (16, 8)               72\n"
      "2: Sequential              (16, 8)                -\n"
      "  0: tanh                  (16, 8)                -\n"
      "  1: Dropout(0.1)          (16, 8)                -\n"
      "3: Linear(8, 1)            (16, 1)                9\n"
      "4: sigmoid                 (16, 1)                -\n"
      "---------------------------------------------------\n"
      "201 parameters, 201 trainable";
  CHECK(model.summary() == before);
  CHECK(fmt::format("{}", model) == before);
  CHECK(model.output_shape() == nullptr);
  model(ones({16, 4}));
  CHECK(model.summary() == after);
  REQUIRE(model.output_shape() != nullptr);
  CHECK(*model.output_shape() == Shape{16, 1});
}

TEST_CASE("the rows of a summary add up to its total, also with parameters of the outermost module") {
  Highway model(40);
  model.gate.set_requires_grad(false);
  CHECK(model.summary({2, 40}) ==
        "Highway                    output shape  parameters\n"
        "---------------------------------------------------\n"
        "Highway                    (2, 40)               40\n"
        "transform: Linear(40, 40)  (2, 40)            1,640\n"
        "gate: Linear(40, 40)       (2, 40)            1,640\n"
        "---------------------------------------------------\n"
        "3,320 parameters, 1,680 trainable");
}

TEST_CASE("summary of a single layer, and of none") {
  CHECK(nn::Linear(8, 10).summary() ==
        "Linear(8, 10)  output shape  parameters\n"
        "---------------------------------------\n"
        "Linear(8, 10)  ?                     90\n"
        "---------------------------------------\n"
        "90 parameters, 90 trainable");
  CHECK_THAT(nn::Sequential().summary(), Contains("Sequential  ?                      0\n") && Contains("\n0 parameters, 0 trainable"));
}

TEST_CASE("summary counts shared parameters once") {
  struct Tied : nn::Module {
    nn::Linear a{2, 2}, b{2, 2};
    REEL_MEMBERS(a, b)
  } tied;
  tied.b.weight = Parameter(tied.a.weight.share());
  CHECK_THAT(tied.summary(), Contains("a: Linear(2, 2)  ?                      6") &&
                                 Contains("b: Linear(2, 2)  ?                      2") && Contains("8 parameters, 8 trainable"));
}

TEST_CASE("summary(shape) calls the model in evaluation mode and leaves no trace of that") {
  manual_seed(3);
  nn::Sequential model{nn::Linear(4, 2), nn::Dropout(0.5), nn::Sequential{nn::Linear(2, 1)}};
  model[2].eval();
  const Generator before = default_generator();
  CHECK_THAT(model.summary({5, 4}), Contains("(5, 2)") && Contains("(5, 1)"));
  CHECK(default_generator() == before);  // no dropout was drawn
  CHECK(model.is_training());
  CHECK(model[1].is_training());
  CHECK_FALSE(model[2].is_training());
  CHECK_THAT(nn::Linear(2, 1, {.dtype = float64}).summary({5, 2}, float64), Contains("(5, 1)"));
  CHECK_THAT(error_text<ShapeError>([&] { model.summary({5, 3}); }), Contains("(in 0, summary.cpp:" + std::to_string(__LINE__) + ")"));
  CHECK(model.is_training());
}
