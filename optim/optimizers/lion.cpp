#include <reel/optim/optimizers/lion.hpp>

#include <reel/optim/checks.hpp>
#include <reel/optim/optimizers/elementwise_update.hpp>

namespace reel::optim {

Lion::Lion(const std::vector<ParameterRef>& parameters, const LionOptions& options, SourceLocation at) {
  add_group(parameters, options, at);
}

void Lion::check(const LionOptions& o) const {
  if (!(o.lr >= 0 && o.weight_decay >= 0))
    throw Error(fmt::format("Lion: lr is {} and weight_decay {}; none may be negative", o.lr, o.weight_decay));
  check_betas("Lion", o.betas);
}

Optimizer::MomentNames Lion::moment_names(std::size_t) const { return {"exp_avg"}; }

void Lion::update(std::size_t group, Slot& slot) {
  const LionOptions& o = options(group);
  update_elements<1>(slot, [&]<class T>(T) {
    const T lr = static_cast<T>(o.lr), keep = static_cast<T>(1 - o.lr * o.weight_decay), sign = o.maximize ? T(-1) : T(1);
    const T b1 = static_cast<T>(o.betas[0]), c1 = static_cast<T>(1 - o.betas[0]), b2 = static_cast<T>(o.betas[1]),
            c2 = static_cast<T>(1 - o.betas[1]);
    return [=](T g, T& p, T& m) {
      const T d = sign * g, direction = b1 * m + c1 * d;
      p = p * keep - lr * (direction > 0 ? T(1) : direction < 0 ? T(-1) : direction);  // 0 and NaN stay what they are
      m = b2 * m + c2 * d;
    };
  });
}

}  // namespace reel::optim
