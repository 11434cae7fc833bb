// Losses and metrics of the wrong arguments.
#include "words.hpp"

using namespace reel;
using reel::test::refused;
using reel::test::warned;

// Each mistake stands on one line, whose number has to be in the answer.
// clang-format off

TEST_CASE("accuracy of one column, as in Keras") {
  const Tensor p = tensor({{0.1}, {0.9}}), t = tensor({{1.0}, {0.0}}), classes = tensor({1, 0});
  refused(__LINE__, [&] { metrics::accuracy.compute(p, t); }, {"accuracy: prediction is (2, 1)", "binary_accuracy"});
  refused(__LINE__, [&] { metrics::accuracy.compute(p, classes); }, {"accuracy: prediction is (2, 1)", "binary_accuracy"});
  CHECK(metrics::binary_accuracy.compute(p, t) == 0);
  nn::Sequential model{nn::Linear(2, 1), sigmoid};
  optim::Trainer trainer(model, nn::binary_cross_entropy, optim::SGD(model.parameters()), {.metrics = {metrics::accuracy}});
  refused(__LINE__, [&] { trainer.fit({ones({2, 2}), t}); }, {"accuracy: prediction is (2, 1)", "binary_accuracy"});
}

TEST_CASE("binary metrics of logits") {
  const Tensor logits = tensor({2.0, -1.0}), t = tensor({1.0, 0.0});
  refused(__LINE__, [&] { metrics::binary_accuracy.compute(logits, t); }, {"binary_accuracy: prediction has 2 at position 0", "binary_accuracy({.from_logits = true})"});
  refused(__LINE__, [&] { metrics::precision().compute(logits, t); }, {"precision", "precision({.from_logits = true})"});
  refused(__LINE__, [&] { metrics::recall().compute(logits, t); }, {"recall", "recall({.from_logits = true})"});
  refused(__LINE__, [&] { metrics::f1().compute(logits, t); }, {"f1", "f1({.from_logits = true})"});
}

TEST_CASE("binary_cross_entropy of the target and the prediction, in this order") {
  const Tensor p = tensor({0.2, 0.7, 0.9}), t = tensor({0.0, 1.0, 1.0});
  warned(__LINE__, [&] { nn::binary_cross_entropy(t, p); }, {"binary_cross_entropy", "the predictions are all 0 or 1, and the targets are not", "the prediction comes first"});
  CHECK(reel::test::warnings_of([&] { nn::binary_cross_entropy(p, t); }).empty());
}

TEST_CASE("softmax in front of cross_entropy") {
  const Tensor logits = tensor({{1.0, 2.0, -1.0}, {0.5, 0.1, 0.0}}), classes = tensor({1, 0});
  warned(__LINE__, [&] { nn::cross_entropy(softmax(logits), classes); }, {"cross_entropy takes the logits", "nll_loss(log(p), target)"});
  CHECK(reel::test::warnings_of([&] { nn::cross_entropy(logits, classes); }).empty());
}

TEST_CASE("an attention mask of the numbers 0 and 1") {
  const Tensor q = ones({1, 3, 4}), mask = tensor({{1.0, 0.0, 0.0}, {1.0, 1.0, 0.0}, {1.0, 1.0, 1.0}});
  warned(__LINE__, [&] { scaled_dot_product_attention(q, q, q, mask); }, {"the mask holds the numbers 0 and 1", "numbers are added to the scores", "mask != 0"});
  nn::MultiheadAttention attention(4, 2, {.batch_first = true});
  warned(__LINE__, [&] { attention(q, {.attn_mask = mask}); }, {"the mask holds the numbers 0 and 1", "mask == 0"});
  CHECK(reel::test::warnings_of([&] { scaled_dot_product_attention(q, q, q, mask != 0); }).empty());
}
