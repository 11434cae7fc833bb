// Functions of the wrong type where a metric, a loss, a layer or a module's own function is asked for, and beside each the right ones.
#include <iostream>
#include <map>

#include <reel/reel.hpp>

using namespace reel;

void functions(nn::Module& model, optim::Optimizer& optimizer) {
  metrics::Metric bias("bias", [](const Tensor& p, const Tensor& t) { return mean(p - t).item<double>(); });
  // g++ SAYS 1 a metric is a function of two tensors, prediction and target, that returns a number
  // clang++ SAYS 5 a metric is a function of two tensors, prediction and target, that returns a number
  metrics::Metric of_one("bias", [](const Tensor& p) { return mean(p).item<double>(); });
  // g++ SAYS 1 write .item<double>() behind a Tensor
  // clang++ SAYS 5 write .item<double>() behind a Tensor
  metrics::Metric of_tensor("bias", [](const Tensor& p, const Tensor& t) { return mean(p - t); });
  optim::Trainer trainer(model, [](const Tensor& p, const Tensor& t) { return mean(abs(p - t)); }, optim::SGD(model.parameters(), {.lr = 1}));
  // g++ SAYS 1 a loss is a function of two tensors, prediction and target, that returns a Tensor
  // clang++ SAYS 5 a loss is a function of two tensors, prediction and target, that returns a Tensor
  optim::Trainer of_double(model, [](const Tensor& p, const Tensor& t) { return 1.0; }, optim::SGD(model.parameters(), {.lr = 1}));
  nn::Sequential layers{nn::Linear(2, 3), [](const Tensor& x) { return x * 2; }};
  // g++ SAYS 1 a layer is a module, or a function of one tensor that returns a Tensor
  // clang++ SAYS 5 a layer is a module, or a function of one tensor that returns a Tensor
  nn::Sequential of_nothing{nn::Linear(2, 3), [](const Tensor& x, const Tensor& y) { return x * y; }};
  optim::LearningRateScheduler schedule([](std::size_t epoch, double lr) { return lr / static_cast<double>(epoch); });
  // g++ SAYS 1 the function takes or returns something else
  // clang++ SAYS 5 the function takes or returns something else
  optim::LearningRateScheduler of_text([](const char* epoch) { return 1.0; });
  optimizer.step([&] { return Tensor(); });
  // SAYS 1 a closure takes nothing, calls backward() and returns the loss
  optimizer.step([&] { return 1.0; });
}

void checks(const Tensor& x, nn::Linear& linear) {
  gradcheck([](const Tensor& a) { return exp(a); }, {x});
  gradcheck([](const Tensor& a, const Tensor& b) { return a * b; }, {x, x}, {.order = 2});
  gradcheck([](const std::vector<Tensor>& in) { return in[0] * 2; }, {x});
  gradcheck([](const auto& in) { return in[0] * 2; }, {x});
  gradcheck(relu, {x});
  gradcheck(linear, {x});
  // SAYS 1 gradcheck() takes a function of tensors, or of a list of them, that returns a Tensor, or a module
  gradcheck([](double a) { return 2 * a; }, {x});
  // SAYS 1 gradcheck() takes a function of tensors
  gradcheck(relu, {x}, {.oder = 2});
}

struct OfNumber : nn::Module {
  int size = 3;
  // SAYS 1 REEL_MEMBERS takes parameters, tensors, modules, and vectors, optionals or pointers of those
  REEL_MEMBERS(size)
};
struct OfMap : nn::Module {
  std::map<std::string, nn::Linear> layers;
  // SAYS 1 REEL_MEMBERS takes parameters, tensors, modules, and vectors, optionals or pointers of those
  REEL_MEMBERS(layers)
};
struct Misspelt : nn::Module {
  nn::Linear linear{2, 3};
  // SAYS 1 linaer
  REEL_MEMBERS(linaer)
};
struct OtherForward : nn::Module {
  // SAYS 1 override
  Tensor forward(const Tensor& x, int n) override { return x * n; }
};

Tensor captured(const Tensor& x, const Tensor& w, double factor) {
  record("right", "dx = f·dy", {x}, [factor](const Inputs& in) { return in[0]; }, [factor](const Pullback& p) -> Gradients { return p.dy() * factor; });
  // SAYS 1 an op's functions capture plain data only (numbers, Ints, Shape, Slices); tensors arrive as inputs, through the argument
  return record("wrong", "dx = w·dy", {x}, [w](const Inputs& in) { return in[0]; }, [w](const Pullback& p) -> Gradients { return p.dy() * w; });
}

void results(nn::LSTM& lstm, const Tensor& x, data::Dataset (*load)()) {
  auto [output, h, c] = lstm(x);
  // g++ SAYS 4 decomposes into 3 elements
  // clang++ SAYS 1 decomposes into 3 elements, but only 2 names were provided
  auto [o, hc] = lstm(x);
  // SAYS 1 deleted
  data::Batches batches(load(), {.batch_size = 3});
  // g++ SAYS 1 order
  optim::AdamOptions options{.eps = 1e-8, .lr = 1e-3};
}
