// Options that a struct does not have, or of another type, and beside each the right ones.
#include <reel/reel.hpp>

using namespace reel;

void optimizers(nn::Module& model, optim::Optimizer& optimizer, const std::vector<ParameterRef>& parameters) {
  optim::Adam adam(model.parameters(), {.lr = 1e-3, .betas = {0.9, 0.99}});
  // g++ SAYS 1 AdamOptions has no such option, or not of this type: write AdamOptions{...} for {...}, and the compiler says which
  // clang++ SAYS 4 AdamOptions has no such option, or not of this type: write AdamOptions{...} for {...}, and the compiler says which
  optim::Adam misspelt(model.parameters(), {.learning_rate = 1e-3});
  // g++ SAYS 1 SGDOptions has no such option
  // clang++ SAYS 4 SGDOptions has no such option
  optim::SGD foreign(parameters, {.lr = 0.1, .momentun = 0.9});
  // g++ SAYS 1 AdamOptions has no such option, or not of this type
  // clang++ SAYS 1 AdamOptions has no such option, or not of this type
  optim::Adam by_position(parameters, 1e-3);
  // g++ SAYS 1 has no non-static data member named 'learning_rate'
  // clang++ SAYS 1 field designator 'learning_rate' does not refer to any field
  optim::AdamOptions options{.learning_rate = 1e-3};
  adam.add_group(parameters, {.lr = 1e-4});
  // SAYS 1 the optimizer has no such option
  adam.add_group(parameters, {.rate = 1e-4});
  // SAYS 1 ClipNormOptions has no such option
  optim::clip_grad_norm(parameters, 1, {.kind = 2});

  optim::OneCycleLR cycle(optimizer, {.max_lr = 0.1, .total_steps = 10});
  optim::OneCycleLR cycle_of_groups(optimizer, {.max_lr = {0.1, 0.2}, .total_steps = 10});
  // g++ SAYS 1 OneCycleLROptions has no such option
  // clang++ SAYS 4 OneCycleLROptions has no such option
  optim::OneCycleLR misspelt_cycle(optimizer, {.max_rate = 0.1});
  optim::StepLR steps(optimizer, {.step_size = 3});
  // g++ SAYS 1 StepLROptions has no such option
  // clang++ SAYS 4 StepLROptions has no such option
  optim::StepLR misspelt_steps(optimizer, {.step = 3});
}

void data_and_training(nn::Module& model, optim::Trainer& trainer, const data::Dataset& dataset) {
  data::Batches batches(dataset, {.batch_size = 3, .shuffle = true});
  // g++ SAYS 1 BatchOptions has no such option
  // clang++ SAYS 4 BatchOptions has no such option
  data::Batches misspelt(dataset, {.batchsize = 3});
  // SAYS 1 SplitOptions has no such option
  data::split(dataset, {.test_size = 0.2});
  // SAYS 1 ReadCsvOptions has no such option
  data::read_csv("a.csv", {.label = "y"});
  trainer.fit(dataset, {.epochs = 3});
  // SAYS 1 FitOptions has no such option
  trainer.fit(dataset, {.epoch = 3});
  // SAYS 1 FitOptions has no such option, or not of this type
  trainer.fit(dataset, {.epochs = "3"});
  optim::Trainer right(model, nn::mse_loss, optim::SGD(model.parameters(), {.lr = 0.1}), {.metrics = {metrics::r2}});
  // g++ SAYS 1 TrainerOptions has no such option
  // clang++ SAYS 4 TrainerOptions has no such option
  optim::Trainer wrong(model, nn::mse_loss, optim::SGD(model.parameters(), {.lr = 0.1}), {.metric = {metrics::r2}});
  optim::EarlyStopping stopping({.patience = 3});
  // g++ SAYS 1 EarlyStoppingOptions has no such option
  // clang++ SAYS 4 EarlyStoppingOptions has no such option
  optim::EarlyStopping misspelt_stopping({.patients = 3});
  // SAYS 1 ClassificationOptions has no such option
  metrics::precision({.averaging = metrics::Average::macro});
}

void layers_and_losses(const Tensor& x, const Tensor& y) {
  nn::Sequential model{nn::Linear(2, 3, {.bias = false}), relu, nn::Conv2d(1, 2, 3, {.padding = 1}), nn::LeakyReLU({.negative_slope = 0.1})};
  // g++ SAYS 1 LinearOptions has no such option
  // clang++ SAYS 4 LinearOptions has no such option
  nn::Linear linear(2, 3, {.bais = false});
  // g++ SAYS 1 ConvLayerOptions has no such option
  // clang++ SAYS 4 ConvLayerOptions has no such option
  nn::Conv2d conv(1, 2, 3, {.strides = 2});
  // g++ SAYS 1 LeakyReluOptions has no such option
  // clang++ SAYS 4 LeakyReluOptions has no such option
  nn::LeakyReLU activation({.alpha = 0.1});
  // g++ SAYS 1 RecurrentOptions has no such option
  // clang++ SAYS 4 RecurrentOptions has no such option
  nn::LSTM lstm(2, 3, {.layers = 2});
  nn::cross_entropy(x, y, {.weight = tensor({1., 2.})});
  // SAYS 1 CrossEntropyOptions has no such option, or not of this type
  nn::cross_entropy(x, y, {.weight = {1., 2.}});
  // SAYS 1 LossOptions has no such option, or not of this type
  nn::mse_loss(x, y, {.reduction = "sum"});
}

void ops(const Tensor& x) {
  interpolate(x, {.size = 3, .mode = Interpolation::bilinear});
  // SAYS 1 InterpolateOptions has no such option, or not of this type
  interpolate(x, {.mode = "bilinear"});
  sum(x, {1}, {.keepdims = true});
  // SAYS 1 ReduceOptions has no such option
  sum(x, {1}, {.keepdim = true});
  // SAYS 1 ConvOptions has no such option
  conv2d(x, x, {.pad = 1});
  random::normal({2, 3}, {.mean = 1});
  // SAYS 1 NormalOptions has no such option
  random::normal({2, 3}, {.stddev = 1});
  plot::Figure figure;
  figure.line(x, x, {.label = "loss"});
  // SAYS 1 SeriesOptions has no such option
  figure.line(x, x, {.colour = "red"});
  // g++ SAYS 1 StepperOptions has no such option
  // clang++ SAYS 4 StepperOptions has no such option
  debug::Stepper stepper(x, {.bytes = 100});
}

void tensors(const Tensor& x, const Tensor& loss, nn::Module& model) {
  loss.backward();
  loss.backward({.retain = true});
  // SAYS 1 BackwardOptions has no such option
  loss.backward({.retain_graph = true});
  const Tensor a = zeros({2, 3}, {.dtype = float64}) + ones({2, 3}) + full({2, 3}, 1.5) + tensor({{1, 2, 3}, {4, 5, 6}}) + variable(2.0);
  // SAYS 1 TensorOptions has no such option
  zeros({2, 3}, {.type = float64});
  // SAYS 1 TensorOptions has no such option
  tensor({1.0, 2.0}, {.requires_grad = true});
  model.load_state({}, {.strict = false});
  // SAYS 1 LoadOptions has no such option
  model.load_state({}, {.exact = false});
  const auto square = [](const Tensor& t) { return t * t; };
  jacobian(square, x, {.mode = JacobianMode::forward});
  jacobian(square(x), x);
  jacobian(square, std::vector<Tensor>{x});
  hessian([](const Tensor& t) { return sum(t * t); }, x);
  jvp(square, x, x);
  vjp(square, x);
  hvp(loss, x, x);
  value_and_grad(square)(x);
  vmap(square, {.out_axis = 1})(x);
  // SAYS 1 JacobianOptions has no such option
  jacobian(square, x, {.vectorize = true});
  // SAYS 1 VmapOptions has no such option
  vmap(square, {.in_dims = {0}});
  gradcheck_op(square, {.order = 1});
  gradcheck_op(exp);
  // SAYS 1 GradcheckOpOptions has no such option
  gradcheck_op(square, {.oder = 1});
}
