#include <reel/autograd/elementwise.hpp>
#include <reel/reel.hpp>

#include "workloads.hpp"

using namespace reel;

namespace {

constexpr double megabyte_of_floats = 4.0 * 1024 * 1024;  // one (1024, 1024) array, in bytes

std::function<void()> elementwise_ops() {
  return [x = Parameter(random::normal({1000, 1000}))]() mutable {
    x.clear_grad();
    sum(tanh(x) * x + exp(-x)).backward();
  };
}

std::function<void()> elementwise_formula() {
  return [x = Parameter(random::normal({1000, 1000})), f = elementwise("formula", [](auto x) { return tanh(x) * x + exp(-x); })]() mutable {
    x.clear_grad();
    sum(f(x)).backward();
  };
}

std::function<void()> softmax_bias() {
  return [x = Parameter(random::normal({1024, 1024})), b = Parameter(random::normal({1024})), g = random::normal({1024, 1024})]() mutable {
    x.clear_grad();
    b.clear_grad();
    softmax(x + b, 1).backward({.seed = g});
  };
}

std::function<void()> normalize_layer() {
  return [x = Parameter(random::normal({1024, 1024})), g = random::normal({1024, 1024})]() mutable {
    x.clear_grad();
    layer_norm(x).backward({.seed = g});
  };
}

std::function<void()> sum_axis0() {
  return [x = Parameter(random::normal({1024, 1024}))]() mutable {
    x.clear_grad();
    mean(sum(square(x), 0)).backward();
  };
}

std::function<void()> product(std::size_t n) {
  return [a = Parameter(random::normal({n, n})), b = Parameter(random::normal({n, n}))]() mutable {
    a.clear_grad();
    b.clear_grad();
    sum(matmul(a, b)).backward();
  };
}

std::function<void()> scalar_chain() {
  return [x = Parameter(full({1}, 0.5))]() mutable {
    x.clear_grad();
    Tensor y = x;
    for (int i = 0; i < 500; ++i) y = sin(y) + x;
    y.backward();
  };
}

/// The gradient of |∇loss|², which is a Hessian-vector product, of all parameters.
std::function<void()> hessian_vector_product() {
  const auto model =
      std::make_shared<nn::Sequential>(nn::Sequential{nn::Linear(64, 64), tanh, nn::Linear(64, 64), tanh, nn::Linear(64, 1)});
  return [model, x = variable(random::normal({32, 64}))] {
    std::vector<Tensor> parameters;
    for (const ParameterRef& parameter : model->parameters()) parameters.push_back(parameter);
    const Tensor loss = mean(square((*model)(x)));
    Tensor total = zeros({});
    for (const Tensor& gradient : gradients(loss, parameters, {.differentiable = true})) total = total + sum(square(gradient));
    gradients(total, parameters);
  };
}

}  // namespace

std::vector<Workload> op_workloads() {
  const auto product_flops = [](double n) { return 6 * n * n * n; };
  return {
      // x is read twice, its gradient written
      {.name = "elementwise_1M_fwd_bwd", .prepare = elementwise_ops, .bytes = 3 * 4e6},
      {.name = "elementwise_1M_formula", .prepare = elementwise_formula, .bytes = 3 * 4e6, .peer = "elementwise_1M_fwd_bwd"},
      // x, y and dy are read, y and dx written, y read again
      {.name = "softmax_bias_1024_fwd_bwd", .prepare = softmax_bias, .bytes = 5 * megabyte_of_floats},
      {.name = "layer_norm_1024_fwd_bwd", .prepare = normalize_layer, .bytes = 5 * megabyte_of_floats},
      {.name = "sum_axis0_1024_fwd_bwd", .prepare = sum_axis0, .bytes = 3 * megabyte_of_floats},
      {.name = "matmul_1024_fwd_bwd", .prepare = [] { return product(1024); }, .flops = product_flops(1024)},
      {.name = "matmul_128_fwd_bwd", .prepare = [] { return product(128); }, .flops = product_flops(128)},
      {.name = "scalar_chain_1000_ops", .prepare = scalar_chain},
      {.name = "hvp_mlp_64", .prepare = hessian_vector_product},
  };
}
