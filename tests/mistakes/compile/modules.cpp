// What cannot be assigned or copied through a Module&, and norm()'s arguments in the old order.
#include <reel/reel.hpp>

using namespace reel;

void layers(nn::Sequential& model, nn::ModuleList& list) {
  // g++ SAYS 1 is protected
  // clang++ SAYS 1 protected member of 'reel::nn::Module'
  model[2] = nn::Linear(4, 3);
  // g++ SAYS 1 is protected
  // clang++ SAYS 1 protected member of 'reel::nn::Module'
  list[0] = nn::Linear(4, 3);
  // g++ SAYS 1 is protected
  // clang++ SAYS 1 protected member of 'reel::nn::Module'
  model[2] = model[1];
  // g++ SAYS 1 is protected
  // clang++ SAYS 1 protected constructor of class 'reel::nn::Module'
  auto layer = model[0];
  // g++ SAYS 1 is protected
  // clang++ SAYS 1 protected constructor of class 'reel::nn::Module'
  nn::Module first = model[0];
  auto& right = model[0];
  model.replace(2, nn::Linear(4, 3));
  nn::Linear copy = model.get<nn::Linear>(0);
  copy = nn::Linear(2, 3);
  model.get<nn::Linear>(0) = nn::Linear(4, 3);
}

void norms(const Tensor& x, int axis) {
  // g++ SAYS 1 norm_takes_axes_in_braces_and_p_as_an_option
  // clang++ SAYS 9 norm_takes_axes_in_braces_and_p_as_an_option
  norm(x, 1);
  // g++ SAYS 1 norm_takes_axes_in_braces_and_p_as_an_option
  // clang++ SAYS 9 norm_takes_axes_in_braces_and_p_as_an_option
  norm(x, 2.0);
  // g++ SAYS 1 norm_takes_axes_in_braces_and_p_as_an_option
  // clang++ SAYS 9 norm_takes_axes_in_braces_and_p_as_an_option
  norm(x, axis);
  // SAYS 1 no matching function
  norm(x, 2, {0});
  // g++ SAYS 1 norm_takes_axes_in_braces_and_p_as_an_option
  // clang++ SAYS 9 norm_takes_axes_in_braces_and_p_as_an_option
  norm(x, 2, -1);
  // g++ SAYS 1 norm_takes_axes_in_braces_and_p_as_an_option
  // clang++ SAYS 9 norm_takes_axes_in_braces_and_p_as_an_option
  norm(x, 2, -1, {.keepdims = true});
  // SAYS 1 no matching function
  norm(x, 2, {0, -1});
  norm(x);
  norm(x, {1});
  norm(x, {axis});
  norm(x, {0, -1}, {.p = 1});
  norm(x, {}, {.p = 1, .keepdims = true});
  norm(x, -1, {.keepdims = true});
}

void optionals(const nn::Linear& layer, const Tensor& x) {
  layer.bias + 1;
  x * layer.bias;
  relu(layer.bias);
  if (!layer.bias || !x.defined()) return;
}
