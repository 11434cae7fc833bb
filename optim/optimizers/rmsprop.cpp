#include <reel/optim/optimizers/rmsprop.hpp>

#include <reel/optim/checks.hpp>
#include <reel/optim/optimizers/elementwise_update.hpp>

namespace reel::optim {

RMSprop::RMSprop(const std::vector<ParameterRef>& parameters, const RMSpropOptions& options, SourceLocation at) {
  add_group(parameters, options, at);
}

void RMSprop::check(const RMSpropOptions& o) const {
  check_common("RMSprop", o);
  if (!(o.alpha >= 0 && o.momentum >= 0))
    throw Error(fmt::format("RMSprop: alpha is {} and momentum {}; none may be negative", o.alpha, o.momentum));
}

Optimizer::MomentNames RMSprop::moment_names(std::size_t group) const {
  MomentNames names{"square_avg"};
  if (options(group).momentum > 0) names.push_back("momentum_buffer");
  if (options(group).centered) names.push_back("grad_avg");
  return names;
}

void RMSprop::update(std::size_t group, Slot& slot) {
  const RMSpropOptions& o = options(group);
  // Moments come in the order of moment_names(): the mean is last, where there is one.
  const auto make = [&]<bool moving, class T>(T) {
    const T lr = static_cast<T>(o.lr), a = static_cast<T>(o.alpha), c = static_cast<T>(1 - o.alpha), eps = static_cast<T>(o.eps);
    const T decay = static_cast<T>(o.weight_decay), momentum = static_cast<T>(o.momentum), sign = o.maximize ? T(-1) : T(1);
    const auto scaled = [=](T g, T p, T& square, auto&... mean) {
      const T d = sign * g + decay * p;
      square = a * square + c * d * d;
      T variance = square;
      ((mean = a * mean + c * d, variance -= mean * mean), ...);
      return d / (std::sqrt(variance) + eps);
    };
    if constexpr (moving) {
      return [=](T g, T& p, T& square, T& buffer, auto&... mean) {
        buffer = momentum * buffer + scaled(g, p, square, mean...);
        p -= lr * buffer;
      };
    } else {
      return [=](T g, T& p, T& square, auto&... mean) { p -= lr * scaled(g, p, square, mean...); };
    }
  };
  const auto run = [&]<bool moving, bool centered>() {
    update_elements<1 + moving + centered>(slot, [&](auto t) { return make.template operator()<moving>(t); });
  };
  if (o.momentum > 0) {
    o.centered ? run.template operator()<true, true>() : run.template operator()<true, false>();
  } else {
    o.centered ? run.template operator()<false, true>() : run.template operator()<false, false>();
  }
}

}  // namespace reel::optim
