#include <reel/optim/optimizers/sgd.hpp>

#include <fmt/format.h>
#include <reel/optim/optimizers/elementwise_update.hpp>

namespace reel::optim {

SGD::SGD(const std::vector<ParameterRef>& parameters, const SGDOptions& options, SourceLocation at) { add_group(parameters, options, at); }

void SGD::check(const SGDOptions& o) const {
  if (!(o.lr >= 0 && o.momentum >= 0 && o.weight_decay >= 0))
    throw Error(fmt::format("SGD: lr is {}, momentum {} and weight_decay {}; none may be negative", o.lr, o.momentum, o.weight_decay));
  if (o.nesterov && (o.momentum == 0 || o.dampening != 0)) throw Error("SGD: nesterov needs a momentum above 0 and no dampening");
}

Optimizer::MomentNames SGD::moment_names(std::size_t group) const {
  return options(group).momentum == 0 ? MomentNames{} : MomentNames{"momentum_buffer"};
}

void SGD::update(std::size_t group, Slot& slot) {
  const SGDOptions& o = options(group);
  if (o.momentum == 0)
    return update_elements<0>(slot, [&]<class T>(T) {
      const T lr = static_cast<T>(o.lr), decay = static_cast<T>(o.weight_decay), sign = o.maximize ? T(-1) : T(1);
      return [=](T g, T& p) { p -= lr * (sign * g + decay * p); };
    });
  const bool first_step = slot.moments[0].shape() != slot.parameter.shape();
  update_elements<1>(slot, [&]<class T>(T) {
    const T lr = static_cast<T>(o.lr), decay = static_cast<T>(o.weight_decay), momentum = static_cast<T>(o.momentum);
    const T sign = o.maximize ? T(-1) : T(1), share = first_step ? T(1) : static_cast<T>(1 - o.dampening);
    // p -= lr · (ahead · d + along · v)
    const T ahead = o.nesterov ? T(1) : T(0), along = o.nesterov ? momentum : T(1);
    return [=](T g, T& p, T& v) {
      const T d = sign * g + decay * p;
      v = momentum * v + share * d;
      p -= lr * (ahead * d + along * v);
    };
  });
}

}  // namespace reel::optim
