#include <reel/optim/adam.hpp>

#include <cmath>

#include <fmt/format.h>

namespace reel::optim {

namespace {

template <class Options>
void check_options(const char* name, const Options& o) {
  if (!(o.lr >= 0 && o.eps >= 0 && o.weight_decay >= 0))
    throw Error(fmt::format("{}: lr is {}, eps {} and weight_decay {}; none may be negative", name, o.lr, o.eps, o.weight_decay));
  for (const double beta : o.betas)
    if (!(beta >= 0 && beta < 1))
      throw Error(fmt::format("{}: the betas are {} and {}; both have to be at least 0 and below 1", name, o.betas[0], o.betas[1]));
}

/// 1 - betas^step. The same for all parameters of a step, so the last one is remembered.
std::array<double, 2> corrections(const std::array<double, 2>& betas, std::int64_t step) {
  struct Last {
    std::array<double, 2> betas{}, result{};
    std::int64_t step = -1;
  };
  thread_local Last last;
  if (last.step != step || last.betas != betas) {
    const auto n = static_cast<double>(step);
    last = {betas, {1 - std::pow(betas[0], n), 1 - std::pow(betas[1], n)}, step};
  }
  return last.result;
}

struct Decay {
  double into_gradient, of_weights;
};

/// One pass over parameter, gradient and both moments.
template <class Options, class T>
void adam_pass(const Options& o, Decay decay, std::int64_t step, const T* __restrict g, T* __restrict m, T* __restrict v, T* __restrict p,
               std::size_t n) {
  const auto [first_correction, second_correction] = corrections(o.betas, step);
  const T b1 = static_cast<T>(o.betas[0]), b2 = static_cast<T>(o.betas[1]), c1 = static_cast<T>(1 - o.betas[0]),
          c2 = static_cast<T>(1 - o.betas[1]);
  const T size = static_cast<T>(o.lr / first_correction), scale = static_cast<T>(1 / std::sqrt(second_correction)),
          eps = static_cast<T>(o.eps);
  const T add = static_cast<T>(decay.into_gradient), keep = static_cast<T>(1 - o.lr * decay.of_weights);
  for (std::size_t i = 0; i < n; ++i) {
    const T weight = p[i] * keep, d = g[i] + add * p[i];
    m[i] = b1 * m[i] + c1 * d;
    v[i] = b2 * v[i] + c2 * d * d;
    p[i] = weight - size * m[i] / (std::sqrt(v[i]) * scale + eps);
  }
}

}  // namespace

Adam::Adam(const std::vector<ParameterRef>& parameters, const AdamOptions& options) { add_group(parameters, options); }
AdamW::AdamW(const std::vector<ParameterRef>& parameters, const AdamWOptions& options) { add_group(parameters, options); }

void Adam::check(const AdamOptions& options) const { check_options("Adam", options); }
void AdamW::check(const AdamWOptions& options) const { check_options("AdamW", options); }

void Adam::update(std::size_t group, Slot& slot) {
  slot.start_moments();
  slot.parameter.update([&]<class T>(T* p, std::size_t n) {
    adam_pass(options(group), {options(group).weight_decay, 0}, slot.steps, slot.parameter.grad().value().data<T>(),
              slot.first.mutable_data<T>(), slot.second.mutable_data<T>(), p, n);
  });
}

void AdamW::update(std::size_t group, Slot& slot) {
  slot.start_moments();
  slot.parameter.update([&]<class T>(T* p, std::size_t n) {
    adam_pass(options(group), {0, options(group).weight_decay}, slot.steps, slot.parameter.grad().value().data<T>(),
              slot.first.mutable_data<T>(), slot.second.mutable_data<T>(), p, n);
  });
}

}  // namespace reel::optim
