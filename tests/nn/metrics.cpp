#include <catch2/catch.hpp>

#include "error_text.hpp"
#include "models.hpp"

using namespace reel;

TEST_CASE("binary_accuracy counts predictions on the target's side of a half") {
  const Tensor p = tensor({{0.9}, {0.4}, {0.5}, {0.51}}), t = tensor({{1.0}, {0.0}, {1.0}, {0.0}});
  CHECK(metrics::binary_accuracy.compute(p, t) == 0.5);
  CHECK(metrics::binary_accuracy.name == "binary_accuracy");
  CHECK(error_text<ShapeError>([&] { metrics::binary_accuracy.compute(p, t.column(0)); }) ==
        "binary_accuracy: prediction is (4, 1) and target is (4,); both need one shape");
}

TEST_CASE("accuracy counts rows whose largest element is at the class") {
  const Tensor p = tensor({{0.1, 0.7, 0.2}, {5.0, -1.0, 2.0}, {0.0, 0.0, 1.0}});
  CHECK(metrics::accuracy.compute(p, tensor({1, 0, 0})) == Approx(2.0 / 3));
  CHECK(metrics::accuracy.compute(p, tensor({{0.0, 1.0, 0.0}, {1.0, 0.0, 0.0}, {0.2, 0.3, 0.5}})) == 1);
  CHECK(metrics::accuracy.compute(tensor({{1.0, 1.0}}), tensor({0})) == 1);  // the first of equals, as argmax has it
  const std::string rule = "; it needs (n, classes) and classes (n,) in int64, or probabilities (n, classes)";
  CHECK(error_text<ShapeError>([&] {
          metrics::accuracy.compute(p, tensor({1, 0}));
        }) == "accuracy: prediction is (3, 3) and target is (2,)" + rule);
  CHECK(error_text<ShapeError>([&] { metrics::accuracy.compute(p, zeros({3})); }) ==
        "accuracy: prediction is (3, 3) and target is (3,)" + rule);
  CHECK(error_text<ShapeError>([&] {
          metrics::accuracy.compute(zeros({3}), tensor({1, 0, 0}));
        }) == "accuracy: prediction is (3,) and target is (3,)" + rule);
  CHECK(error_text<ShapeError>([&] {
          metrics::accuracy.compute(p, tensor({1, 3, 0}));
        }) == "accuracy: class 3 at position 1 is out of range for 3 classes");
  CHECK(error_text<ShapeError>([&] {
          metrics::accuracy.compute(p, tensor({1, 2, -1}));
        }) == "accuracy: class -1 at position 2 is out of range for 3 classes");
}

TEST_CASE("mean_absolute_error is a mean over all elements") {
  CHECK(metrics::mean_absolute_error.compute(tensor({{1.0, 2.0}, {3.0, 4.0}}), tensor({{0.0, 2.0}, {5.0, 1.0}})) == 1.5);
  CHECK(error_text<ShapeError>([&] {
          metrics::mean_absolute_error.compute(zeros({2, 1}), zeros({2}));
        }) == "mean_absolute_error: prediction is (2, 1) and target is (2,); both need one shape");
}

TEST_CASE("a metric of the user's own") {
  const metrics::Metric bias{"bias", [](const Tensor& p, const Tensor& t) { return mean(p - t).item<double>(); }};
  CHECK(bias.compute(tensor({1.0, 3.0}), tensor({0.0, 0.0})) == 2);
}
