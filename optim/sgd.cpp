#include <reel/optim/sgd.hpp>

#include <fmt/format.h>

namespace reel::optim {

SGD::SGD(const std::vector<ParameterRef>& parameters, const SGDOptions& options) { add_group(parameters, options); }

void SGD::check(const SGDOptions& o) const {
  if (!(o.lr >= 0 && o.momentum >= 0 && o.weight_decay >= 0))
    throw Error(fmt::format("SGD: lr is {}, momentum {} and weight_decay {}; none may be negative", o.lr, o.momentum, o.weight_decay));
  if (o.nesterov && (o.momentum == 0 || o.dampening != 0)) throw Error("SGD: nesterov needs a momentum above 0 and no dampening");
}

void SGD::update(std::size_t group, Slot& slot) {
  const SGDOptions& o = options(group);
  const Array& gradient = slot.parameter.grad().value();
  const bool first_step = slot.first.size() == 0;
  if (o.momentum != 0) slot.first = first_step ? Array::zeros(gradient.shape(), gradient.dtype()) : slot.first.astype(gradient.dtype());
  slot.parameter.update([&]<class T>(T* p, std::size_t n) {
    const T* const g = gradient.data<T>();
    const T lr = static_cast<T>(o.lr), decay = static_cast<T>(o.weight_decay), momentum = static_cast<T>(o.momentum);
    if (o.momentum == 0) {
      for (std::size_t i = 0; i < n; ++i) p[i] -= lr * (g[i] + decay * p[i]);
      return;
    }
    const T share = first_step ? T(1) : static_cast<T>(1 - o.dampening);
    T* const v = slot.first.mutable_data<T>();
    for (std::size_t i = 0; i < n; ++i) {
      const T d = g[i] + decay * p[i];
      v[i] = momentum * v[i] + share * d;
      p[i] -= lr * (o.nesterov ? d + momentum * v[i] : v[i]);
    }
  });
}

}  // namespace reel::optim
