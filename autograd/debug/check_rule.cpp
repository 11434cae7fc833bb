#include <reel/autograd/debug/analysis.hpp>
#include <reel/autograd/debug/unwatched.hpp>

namespace reel::debug {

GradcheckReport check_rule(const Run& run, std::size_t entry, const GradcheckOptions& options) {
  const Unwatched quiet;
  const reel::detail::Node* const op = run.node(entry);
  std::vector<std::size_t> checked;
  std::vector<Tensor> point;
  for (std::size_t k = 0; k < op->inputs.size(); ++k) {
    if (!op->inputs[k].has_history()) continue;
    checked.push_back(k);
    point.push_back(variable(op->inputs[k].detach()));
  }
  // The op recorded again, with the tensors to check in their places.
  const auto again = [&](const std::vector<Tensor>& in) {
    std::vector<Tensor> inputs;
    SmallVector<Tensor, 3> kept;
    for (const Tensor& t : op->inputs) inputs.push_back(t.detach());
    for (std::size_t i = 0; i < checked.size(); ++i) inputs[checked[i]] = in[i];
    for (const Tensor& t : inputs) kept.push_back(t);
    Tensor result = Tensor::adopt(op->with(op->forward(Inputs(inputs)), std::move(kept)));
    bool tracked = false;
    for (const Tensor& t : inputs) tracked = tracked || t.node()->tracked;
    result.node()->tracked = tracked && is_recording();
    return result;
  };
  return gradcheck(again, point, options, op->location);
}

}  // namespace reel::debug
