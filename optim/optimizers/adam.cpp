#include <reel/optim/optimizers/adam.hpp>

#include <reel/optim/checks.hpp>
#include <reel/optim/optimizers/elementwise_update.hpp>

namespace reel::optim {

namespace {

struct Decay {
  double into_gradient, of_weights;
};

template <class Slot, class Options>
void adam_update(Slot& slot, const Options& o, Decay decay) {
  const auto [first_correction, second_correction] = corrections(o.betas, slot.steps);
  const double step_size = o.lr / first_correction, root_scale = 1 / std::sqrt(second_correction);
  const auto make = [&]<bool amsgrad, class T>(T) {
    const T b1 = static_cast<T>(o.betas[0]), b2 = static_cast<T>(o.betas[1]), c1 = static_cast<T>(1 - o.betas[0]),
            c2 = static_cast<T>(1 - o.betas[1]);
    const T size = static_cast<T>(step_size), scale = static_cast<T>(root_scale), eps = static_cast<T>(o.eps);
    const T add = static_cast<T>(decay.into_gradient), keep = static_cast<T>(1 - o.lr * decay.of_weights), sign = o.maximize ? T(-1) : T(1);
    const auto moments = [=](T g, T p, T& m, T& v) {
      const T d = sign * g + add * p;
      m = b1 * m + c1 * d;
      v = b2 * v + c2 * d * d;
    };
    if constexpr (amsgrad) {
      return [=](T g, T& p, T& m, T& v, T& largest) {
        moments(g, p, m, v);
        largest = larger(largest, v);
        p = p * keep - size * m / (std::sqrt(largest) * scale + eps);
      };
    } else {
      return [=](T g, T& p, T& m, T& v) {
        moments(g, p, m, v);
        p = p * keep - size * m / (std::sqrt(v) * scale + eps);
      };
    }
  };
  if (o.amsgrad) {
    update_elements<3>(slot, [&](auto t) { return make.template operator()<true>(t); });
  } else {
    update_elements<2>(slot, [&](auto t) { return make.template operator()<false>(t); });
  }
}

}  // namespace

Adam::Adam(const std::vector<ParameterRef>& parameters, const AdamOptions& options, SourceLocation at) {
  add_group(parameters, options, at);
}
AdamW::AdamW(const std::vector<ParameterRef>& parameters, const AdamWOptions& options, SourceLocation at) {
  add_group(parameters, options, at);
}

void Adam::check(const AdamOptions& options) const { check_options("Adam", options); }
void AdamW::check(const AdamWOptions& options) const { check_options("AdamW", options); }

Optimizer::MomentNames Adam::moment_names(std::size_t group) const {
  return options(group).amsgrad ? MomentNames{"exp_avg", "exp_avg_sq", "max_exp_avg_sq"} : MomentNames{"exp_avg", "exp_avg_sq"};
}
Optimizer::MomentNames AdamW::moment_names(std::size_t group) const {
  return options(group).amsgrad ? MomentNames{"exp_avg", "exp_avg_sq", "max_exp_avg_sq"} : MomentNames{"exp_avg", "exp_avg_sq"};
}

void Adam::update(std::size_t group, Slot& slot) { adam_update(slot, options(group), {options(group).weight_decay, 0}); }
void AdamW::update(std::size_t group, Slot& slot) { adam_update(slot, options(group), {0, options(group).weight_decay}); }

}  // namespace reel::optim
