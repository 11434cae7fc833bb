#include <reel/autograd/gradients.hpp>

#include <reel/autograd/detail/reverse.hpp>
#include <reel/autograd/detail/watcher.hpp>

namespace reel {

Variables::Variables(std::initializer_list<Tensor> tensors) : tensors_(tensors) {}

Variables::Variables(const std::vector<ParameterRef>& parameters) {
  for (const ParameterRef& p : parameters) tensors_.push_back(p.tensor({}));
}

std::vector<Tensor> gradients(const Tensor& y, const Variables& x, const GradientOptions& options, SourceLocation at) {
  if (detail::is_watched() && !detail::context.in_rule) [[unlikely]] {
    detail::check_history("gradients", y, at);
    detail::watcher().before_backward(y, detail::seed_for("gradients", y, options.seed, at));
  }
  return detail::gradients("gradients", y, x.tensors(), options, at);
}

}  // namespace reel
