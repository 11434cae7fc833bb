#include <reel/optim/optimizers/adagrad.hpp>

#include <reel/optim/checks.hpp>
#include <reel/optim/optimizers/elementwise_update.hpp>

namespace reel::optim {

Adagrad::Adagrad(const std::vector<ParameterRef>& parameters, const AdagradOptions& options, SourceLocation at) {
  add_group(parameters, options, at);
}
Adadelta::Adadelta(const std::vector<ParameterRef>& parameters, const AdadeltaOptions& options, SourceLocation at) {
  add_group(parameters, options, at);
}

void Adagrad::check(const AdagradOptions& o) const {
  check_common("Adagrad", o);
  if (!(o.lr_decay >= 0 && o.initial_accumulator_value >= 0))
    throw Error(fmt::format("Adagrad: lr_decay is {} and initial_accumulator_value {}; none may be negative", o.lr_decay,
                            o.initial_accumulator_value));
}

void Adadelta::check(const AdadeltaOptions& o) const {
  check_common("Adadelta", o);
  if (!(o.rho >= 0 && o.rho <= 1)) throw Error(fmt::format("Adadelta: rho is {}; it has to lie between 0 and 1", o.rho));
}

Optimizer::MomentNames Adagrad::moment_names(std::size_t) const { return {"sum"}; }
Optimizer::MomentNames Adadelta::moment_names(std::size_t) const { return {"square_avg", "acc_delta"}; }

void Adagrad::update(std::size_t group, Slot& slot) {
  const AdagradOptions& o = options(group);
  start_moment(slot, 0, o.initial_accumulator_value);
  const double rate = o.lr / (1 + static_cast<double>(slot.steps - 1) * o.lr_decay);
  update_elements<1>(slot, [&]<class T>(T) {
    const T lr = static_cast<T>(rate), decay = static_cast<T>(o.weight_decay), eps = static_cast<T>(o.eps),
            sign = o.maximize ? T(-1) : T(1);
    return [=](T g, T& p, T& sum) {
      const T d = sign * g + decay * p;
      sum += d * d;
      p -= lr * d / (std::sqrt(sum) + eps);
    };
  });
}

void Adadelta::update(std::size_t group, Slot& slot) {
  const AdadeltaOptions& o = options(group);
  update_elements<2>(slot, [&]<class T>(T) {
    const T lr = static_cast<T>(o.lr), decay = static_cast<T>(o.weight_decay), eps = static_cast<T>(o.eps),
            sign = o.maximize ? T(-1) : T(1);
    const T keep = static_cast<T>(o.rho), share = static_cast<T>(1 - o.rho);
    return [=](T g, T& p, T& square, T& steps) {
      const T d = sign * g + decay * p;
      square = keep * square + share * d * d;
      const T step = std::sqrt(steps + eps) / std::sqrt(square + eps) * d;
      steps = keep * steps + share * step * step;
      p -= lr * step;
    };
  });
}

}  // namespace reel::optim
