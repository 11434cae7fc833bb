#include <cmath>
#include <optional>

#include <catch2/catch.hpp>

#include "error_text.hpp"
#include "models.hpp"

using namespace reel;

TEST_CASE("binary_accuracy counts predictions on the target's side of a half") {
  const Tensor p = tensor({{0.9}, {0.4}, {0.5}, {0.51}}), t = tensor({{1.0}, {0.0}, {1.0}, {0.0}});
  CHECK(metrics::binary_accuracy.compute(p, t) == 0.5);
  CHECK(metrics::binary_accuracy.name == "binary_accuracy");
  CHECK(placed_text<ShapeError>([&] { metrics::binary_accuracy.compute(p, t.column(0)); }) ==
        "binary_accuracy: prediction is (4, 1) and target is (4,); both need one shape");
}

TEST_CASE("accuracy counts rows whose largest element is at the class") {
  const Tensor p = tensor({{0.1, 0.7, 0.2}, {5.0, -1.0, 2.0}, {0.0, 0.0, 1.0}});
  CHECK(metrics::accuracy.compute(p, tensor({1, 0, 0})) == Approx(2.0 / 3));
  CHECK(metrics::accuracy.compute(p, tensor({{0.0, 1.0, 0.0}, {1.0, 0.0, 0.0}, {0.2, 0.3, 0.5}})) == 1);
  CHECK(metrics::accuracy.compute(tensor({{1.0, 1.0}}), tensor({0})) == 1);  // the first of equals, as argmax has it
  const std::string rule = "; it needs (n, classes) and classes (n,) in int64, or probabilities (n, classes)";
  CHECK(placed_text<ShapeError>([&] {
          metrics::accuracy.compute(p, tensor({1, 0}));
        }) == "accuracy: prediction is (3, 3) and target is (2,)" + rule);
  CHECK(placed_text<ShapeError>([&] { metrics::accuracy.compute(p, zeros({3})); }) ==
        "accuracy: prediction is (3, 3) and target is (3,)" + rule);
  CHECK(placed_text<ShapeError>([&] {
          metrics::accuracy.compute(zeros({3}), tensor({1, 0, 0}));
        }) == "accuracy: prediction is (3,) and target is (3,)" + rule);
  CHECK(placed_text<ShapeError>([&] {
          metrics::accuracy.compute(p, tensor({1, 3, 0}));
        }) == "accuracy: class 3 at position 1 is out of range for 3 classes");
  CHECK(placed_text<ShapeError>([&] {
          metrics::accuracy.compute(p, tensor({1, 2, -1}));
        }) == "accuracy: class -1 at position 2 is out of range for 3 classes");
}

TEST_CASE("mean_absolute_error is a mean over all elements") {
  CHECK(metrics::mean_absolute_error.compute(tensor({{1.0, 2.0}, {3.0, 4.0}}), tensor({{0.0, 2.0}, {5.0, 1.0}})) == 1.5);
  CHECK(placed_text<ShapeError>([&] {
          metrics::mean_absolute_error.compute(zeros({2, 1}), zeros({2}));
        }) == "mean_absolute_error: prediction is (2, 1) and target is (2,); both need one shape");
}

TEST_CASE("a metric of the user's own") {
  const metrics::Metric bias{"bias", [](const Tensor& p, const Tensor& t) { return mean(p - t).item<double>(); }};
  CHECK(bias.compute(tensor({1.0, 3.0}), tensor({0.0, 0.0})) == 2);
  const double scale = 3;  // a function may hold what it needs
  const metrics::Metric scaled{"scaled", [scale](const Tensor& p, const Tensor&) { return scale * mean(p).item<double>(); }};
  CHECK(metrics::Metric(scaled).compute(tensor({1.0, 3.0}), tensor({0.0, 0.0})) == 6);
}

namespace {

/// The metric of all samples, given in batches of 5, 1 and the rest.
double in_batches(const metrics::Metric& metric, const Tensor& p, const Tensor& t) {
  const UniquePtr<metrics::Meter> meter = metric.start();
  for (const Slice& rows : {Slice(0, 5), Slice(5, 6), Slice(6, std::nullopt)}) meter->add(slice(p, {rows}), slice(t, {rows}));
  return meter->result();
}

}  // namespace

// The numbers are scikit-learn's definitions worked out by hand from the counts named beside them.
TEST_CASE("binary metrics over unequal batches are those of all samples") {
  const Tensor p = tensor({0.9, 0.8, 0.7, 0.6, 0.55, 0.5, 0.4, 0.3, 0.2, 0.1});
  const Tensor t = tensor({1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0});
  // At 0.5: 3 hits, 2 false alarms, 2 missed (0.5 itself is not above the threshold).
  CHECK(in_batches(metrics::precision(), p, t) == 3.0 / 5);
  CHECK(in_batches(metrics::recall(), p, t) == 3.0 / 5);
  CHECK(in_batches(metrics::f1(), p, t) == 6.0 / 10);
  CHECK(in_batches(metrics::recall({.threshold = 0.35}), p, t) == 1);
  CHECK(in_batches(metrics::precision({.threshold = 0.95}), p, t) == 0);  // nothing was said to be class 1
  CHECK(in_batches(metrics::binary_accuracy, p, t) == Approx(0.6));
  // Pairs of a one above a zero: 5 + 5 + 4 + 3 + 3 of 25.
  CHECK(in_batches(metrics::auc, p, t) == 20.0 / 25);
  CHECK(metrics::auc.name == "auc");
  CHECK(metrics::precision({.average = metrics::Average::macro}).name == "precision_macro");
}

TEST_CASE("auc counts ties half, and needs both classes and numbers") {
  CHECK(metrics::auc.compute(tensor({0.5, 0.5, 0.5, 0.5}), tensor({1.0, 0.0, 1.0, 0.0})) == 0.5);
  CHECK(metrics::auc.compute(tensor({0.1, 0.4, 0.4, 0.8}), tensor({0.0, 0.0, 1.0, 1.0})) == 3.5 / 4);
  CHECK(metrics::auc.compute(tensor({0.9, 0.1}), tensor({0.0, 1.0})) == 0);
  CHECK(std::isnan(metrics::auc.compute(tensor({0.9, 0.1}), tensor({1.0, 1.0}))));
  CHECK(placed_text<Error>([] {
          metrics::auc.compute(tensor({0.9, std::nan("")}), tensor({0.0, 1.0}));
        }) == "auc: the prediction at position 1 is NaN, which has no rank");
}

TEST_CASE("metrics of classes over unequal batches are those of all samples") {
  const Tensor t = tensor({0, 0, 0, 1, 1, 1, 2, 2, 0, 1});
  const Tensor said = tensor({0, 1, 0, 1, 1, 2, 2, 0, 0, 1});
  const Tensor p = one_hot(said, 4);  // class 3 never occurs
  // Class 0: 3 hits, 1 false alarm, 1 missed; class 1: 3, 1, 1; class 2: 1, 1, 1.
  using metrics::Average;
  CHECK(in_batches(metrics::precision({.average = Average::macro}), p, t) == Approx((0.75 + 0.75 + 0.5) / 3));
  CHECK(in_batches(metrics::recall({.average = Average::macro}), p, t) == Approx((0.75 + 0.75 + 0.5) / 3));
  CHECK(in_batches(metrics::f1({.average = Average::macro}), p, t) == Approx((0.75 + 0.75 + 0.5) / 3));
  CHECK(in_batches(metrics::f1({.average = Average::micro}), p, t) == Approx(0.7));
  CHECK(in_batches(metrics::accuracy, p, t) == Approx(0.7));
  CHECK(placed_text<ShapeError>([&] { metrics::f1({.average = Average::macro}).compute(p, zeros({10})); }) ==
        "f1: prediction is (10, 4) and target is (10,); it needs (n, classes) and classes (n,) in int64, or probabilities (n, classes)");
}

TEST_CASE("top_k_accuracy looks at the k largest, the first of equals first") {
  const Tensor p = tensor({{0.1, 0.7, 0.2}, {0.5, 0.3, 0.2}, {0.4, 0.4, 0.4}}), t = tensor({2, 2, 1});
  CHECK(metrics::top_k_accuracy(1).compute(p, t) == 0);
  CHECK(metrics::top_k_accuracy(2).compute(p, t) == Approx(2.0 / 3));
  CHECK(metrics::top_k_accuracy(3).compute(p, t) == 1);
  CHECK(metrics::top_k_accuracy(3).name == "top_3_accuracy");
  CHECK(placed_text<ShapeError>([&] { metrics::top_k_accuracy(4).compute(p, t); }) ==
        "top_4_accuracy: prediction is (3, 3); it needs 4 classes or more");
  CHECK(placed_text<Error>([] { metrics::top_k_accuracy(0); }) == "top_k_accuracy: k is 0; it has to be at least 1");
}

TEST_CASE("a confusion matrix counts rows of targets and columns of predictions") {
  metrics::ConfusionMatrix matrix;
  matrix.add(tensor({{0.9, 0.1}, {0.2, 0.8}, {0.6, 0.4}}), tensor({0, 1, 1}));
  matrix.add(tensor({1}), tensor({0}));  // classes as predictions
  CHECK(identical(matrix.counts(), Array::of<std::int64_t>({2, 2}, std::vector<std::int64_t>{1, 1, 1, 1})));
  CHECK(matrix.total() == 4);
  CHECK(identical(metrics::confusion_matrix(tensor({2, 0}), tensor({2, 1}), 3),
                  Array::of<std::int64_t>({3, 3}, std::vector<std::int64_t>{0, 0, 0, 1, 0, 0, 0, 0, 1})));
  CHECK(placed_text<ShapeError>([&] { matrix.add(tensor({2}), tensor({0})); }) ==
        "confusion_matrix: class 2 at position 0 is out of range for 2 classes");
  CHECK(placed_text<ShapeError>([] { metrics::ConfusionMatrix().add(tensor({0}), tensor({0})); }) ==
        "confusion_matrix: prediction is (1,); say how many classes there are: ConfusionMatrix(classes)");
  CHECK(matrix.total() == 4);
}

TEST_CASE("metrics of numbers over unequal batches are those of all samples") {
  const Tensor t = tensor({{3.0}, {-0.5}, {2.0}, {7.0}, {1.0}, {4.0}, {0.0}, {5.0}});
  const Tensor p = tensor({{2.5}, {0.0}, {2.0}, {8.0}, {1.0}, {2.0}, {0.0}, {5.0}});
  // Differences -0.5, 0.5, 0, 1, 0, -2, 0, 0: absolute 4, squares 5.5; squares of t about its mean 21.5 / 8: 46.46875.
  CHECK(in_batches(metrics::mean_absolute_error, p, t) == Approx(4.0 / 8));
  CHECK(in_batches(metrics::mean_squared_error, p, t) == Approx(5.5 / 8));
  CHECK(in_batches(metrics::root_mean_squared_error, p, t) == Approx(std::sqrt(5.5 / 8)));
  CHECK(in_batches(metrics::r2, p, t) == Approx(1 - 5.5 / 46.46875));
  CHECK(in_batches(metrics::r2, Tensor(p.value().astype(float64)) + 1e9, Tensor(t.value().astype(float64)) + 1e9) ==
        Approx(1 - 5.5 / 46.46875));  // no digits lost far from 0
  CHECK(metrics::r2.compute(t, t) == 1);
  CHECK(metrics::r2.compute(tensor({1.0, 2.0}), tensor({3.0, 3.0})) == 0);
  CHECK(std::isnan(metrics::r2.compute(tensor({1.0}), tensor({3.0}))));
  CHECK(metrics::r2.compute(tensor({{1.0, 0.0}, {2.0, 0.0}}), tensor({{1.0, 0.0}, {2.0, 2.0}})) == 0);  // 1 and -1
}

TEST_CASE("a batch without samples changes no metric") {
  const Tensor p = tensor({0.9, 0.2, 0.6, 0.1}), t = tensor({1.0, 0.0, 0.0, 1.0});
  const Tensor scores = tensor({{0.1, 0.9}, {0.8, 0.2}}), classes = tensor({1, 1});
  const metrics::Metric of_numbers[] = {
      metrics::binary_accuracy,
      metrics::mean_absolute_error,
      metrics::mean_squared_error,
      metrics::root_mean_squared_error,
      metrics::r2,
      metrics::auc,
      metrics::precision(),
      metrics::recall(),
      metrics::f1(),
      metrics::Metric{"bias", [](const Tensor& a, const Tensor& b) { return mean(a - b).item<double>(); }}};
  const metrics::Metric of_classes[] = {metrics::accuracy, metrics::top_k_accuracy(1), metrics::f1({.average = metrics::Average::macro})};
  const auto check = [](const metrics::Metric& metric, const Tensor& a, const Tensor& b) {
    INFO(metric.name);
    const UniquePtr<metrics::Meter> meter = metric.start();
    const auto add_nothing = [&] { meter->add(slice(a, {Slice(0, 0)}), slice(b, {Slice(0, 0)})); };
    add_nothing();
    meter->add(a, b);
    add_nothing();
    CHECK(meter->result() == metric.compute(a, b));
    CHECK(std::isfinite(meter->result()));
  };
  for (const metrics::Metric& metric : of_numbers) check(metric, p, t);
  for (const metrics::Metric& metric : of_classes) check(metric, scores, classes);
}

TEST_CASE("a number of classes that is negative or far too large is an error") {
  CHECK(error_text<Error>([] { metrics::ConfusionMatrix(std::size_t(-1)); }) ==
        "confusion_matrix: the number of classes is -1; it has to be 0 or more");
  CHECK_THROWS_AS(metrics::ConfusionMatrix(std::size_t{1} << 62), Error);
  CHECK_THROWS_AS(metrics::ConfusionMatrix(std::size_t{1} << 32), Error);
  CHECK_THROWS_AS(metrics::confusion_matrix(tensor({0}), tensor({0}), std::size_t{1} << 25), MemoryError);
  CHECK(placed_text<Error>([] { metrics::top_k_accuracy(std::size_t(-1)); }) == "top_k_accuracy: k is -1; it has to be 0 or more");
}

TEST_CASE("one column leaves metrics of classes no choice, and they name binary_accuracy") {
  const Tensor p = tensor({{.1}, {.9}, {.2}}), t = tensor({{1.}, {0.}, {1.}}), classes = tensor({1, 0, 1});
  using metrics::Average;
  const std::vector<metrics::Metric> list{metrics::accuracy,
                                          metrics::top_k_accuracy(1),
                                          metrics::precision({.average = Average::macro}),
                                          metrics::precision({.average = Average::micro}),
                                          metrics::recall({.average = Average::macro}),
                                          metrics::f1({.average = Average::micro})};
  for (const Dtype dtype : {float32, float64})
    for (const metrics::Metric& metric : list)
      for (const Tensor& target : {t, classes}) {
        const std::string text = placed_text<ShapeError>([&] { metric.compute(astype(p, dtype), target); });
        CHECK_THAT(text, Catch::Contains("prediction is (3, 1); one column leaves no choice") && Catch::Contains("binary_accuracy"));
      }
  CHECK_THAT(placed_text<ShapeError>([&] { metrics::confusion_matrix(p, classes, 2); }), Catch::Contains("binary_accuracy"));
  CHECK_THAT(placed_text<ShapeError>([&] { metrics::confusion_matrix(classes, t, 2); }), Catch::Contains("binary_accuracy"));
  CHECK_THAT(placed_text<ShapeError>([&] { metrics::confusion_matrix(p, t); }), Catch::Contains("binary_accuracy"));
  CHECK(metrics::binary_accuracy.compute(p, t) == 0);
}

TEST_CASE("binary metrics refuse logits, and take them when told") {
  const Tensor logits = tensor({2.0, -1.0, 0.3, -0.2}), t = tensor({1.0, 0.0, 1.0, 1.0});
  for (const Dtype dtype : {float32, float64}) {
    const Tensor p = astype(logits, dtype);
    CHECK(placed_text([&] { metrics::binary_accuracy.compute(p, t); }) ==
          "binary_accuracy: prediction has 2 at position 0, and probabilities lie from 0 to 1; for logits say "
          "binary_accuracy({.from_logits = true})");
    CHECK_THAT(placed_text([&] { metrics::precision().compute(p, t); }), Catch::Contains("precision({.from_logits = true})"));
    CHECK_THAT(placed_text([&] { metrics::recall().compute(p, t); }), Catch::Contains("recall({.from_logits = true})"));
    CHECK_THAT(placed_text([&] { metrics::f1().compute(p, t); }), Catch::Contains("f1({.from_logits = true})"));
    for (const double threshold : {0.5, 0.55, 0.8}) {
      const Tensor s = sigmoid(p);
      CHECK(metrics::binary_accuracy({.from_logits = true, .threshold = threshold}).compute(p, t) ==
            metrics::binary_accuracy({.threshold = threshold}).compute(s, t));
      CHECK(metrics::precision({.threshold = threshold, .from_logits = true}).compute(p, t) ==
            metrics::precision({.threshold = threshold}).compute(s, t));
      CHECK(metrics::recall({.threshold = threshold, .from_logits = true}).compute(p, t) ==
            metrics::recall({.threshold = threshold}).compute(s, t));
      CHECK(metrics::f1({.threshold = threshold, .from_logits = true}).compute(p, t) ==
            metrics::f1({.threshold = threshold}).compute(s, t));
    }
    CHECK(metrics::auc.compute(p, t) == 1);  // ranks are the same
  }
  CHECK(metrics::binary_accuracy({.from_logits = true}).name == "binary_accuracy");
  CHECK_THAT(placed_text([&] { metrics::binary_accuracy({.threshold = 2}); }), Catch::Contains("threshold is 2"));
}
