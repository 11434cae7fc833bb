#include <reel/optim/optimizers/adam_variants.hpp>

#include <reel/optim/checks.hpp>
#include <reel/optim/optimizers/elementwise_update.hpp>

namespace reel::optim {

namespace {

/// The options' constants in the element type, and the running means of the gradient and its square.
template <class T>
struct Moments {
  T b1, b2, c1, c2, decay, eps;

  template <class Options>
  explicit Moments(const Options& o)
      : b1(static_cast<T>(o.betas[0])),
        b2(static_cast<T>(o.betas[1])),
        c1(static_cast<T>(1 - o.betas[0])),
        c2(static_cast<T>(1 - o.betas[1])),
        decay(static_cast<T>(o.weight_decay)),
        eps(static_cast<T>(o.eps)) {}
  /// Adds the gradient, with weight decay, to both means, and returns it.
  T take(T g, T p, T& m, T& v) const {
    const T d = g + decay * p;
    m = b1 * m + c1 * d;
    v = b2 * v + c2 * d * d;
    return d;
  }
};

}  // namespace

Adamax::Adamax(const std::vector<ParameterRef>& parameters, const AdamaxOptions& options, SourceLocation at) {
  add_group(parameters, options, at);
}
NAdam::NAdam(const std::vector<ParameterRef>& parameters, const NAdamOptions& options, SourceLocation at) {
  add_group(parameters, options, at);
}
RAdam::RAdam(const std::vector<ParameterRef>& parameters, const RAdamOptions& options, SourceLocation at) {
  add_group(parameters, options, at);
}

void Adamax::check(const AdamaxOptions& options) const { check_options("Adamax", options); }
void RAdam::check(const RAdamOptions& options) const { check_options("RAdam", options); }
void NAdam::check(const NAdamOptions& options) const {
  check_options("NAdam", options);
  if (!(options.momentum_decay >= 0))
    throw Error(fmt::format("NAdam: momentum_decay is {}; it may not be negative", options.momentum_decay));
}

Optimizer::MomentNames Adamax::moment_names(std::size_t) const { return {"exp_avg", "exp_inf"}; }
Optimizer::MomentNames NAdam::moment_names(std::size_t) const { return {"exp_avg", "exp_avg_sq"}; }
Optimizer::MomentNames RAdam::moment_names(std::size_t) const { return {"exp_avg", "exp_avg_sq"}; }

void Adamax::update(std::size_t group, Slot& slot) {
  const AdamaxOptions& o = options(group);
  const double step_size = o.lr / corrections(o.betas, slot.steps)[0];
  update_elements<2>(slot, [&]<class T>(T) {
    const Moments<T> k(o);
    const T size = static_cast<T>(step_size), sign = o.maximize ? T(-1) : T(1);
    return [=](T g, T& p, T& m, T& u) {
      const T d = sign * g + k.decay * p;
      m = k.b1 * m + k.c1 * d;
      u = larger(k.b2 * u, std::abs(d) + k.eps);
      p -= size * m / u;
    };
  });
}

void NAdam::update(std::size_t group, Slot& slot) {
  const NAdamOptions& o = options(group);
  const double t = static_cast<double>(slot.steps);
  const auto momentum_at = [&](double step) { return o.betas[0] * (1 - 0.5 * std::pow(0.96, step * o.momentum_decay)); };
  const double mu = momentum_at(t), next = momentum_at(t + 1);
  slot.product *= mu;
  // PyTorch 1.13 has the present step's factor twice in the next step's product, unlike the paper and later versions.
  const double of_gradient = o.lr * (1 - mu) / (1 - slot.product), of_mean = o.lr * next / (1 - slot.product * mu * next);
  const double correction = corrections(o.betas, slot.steps)[1];
  update_elements<2>(slot, [&]<class T>(T) {
    const Moments<T> k(o);
    const T now = static_cast<T>(of_gradient), mean = static_cast<T>(of_mean), scale = static_cast<T>(1 / std::sqrt(correction));
    return [=](T g, T& p, T& m, T& v) {
      const T d = k.take(g, p, m, v);
      p -= (now * d + mean * m) / (std::sqrt(v) * scale + k.eps);
    };
  });
}

void RAdam::update(std::size_t group, Slot& slot) {
  const RAdamOptions& o = options(group);
  const double t = static_cast<double>(slot.steps);
  const auto [first, second] = corrections(o.betas, slot.steps);
  // The length of the approximated moving average: now (ρₜ), and in the limit (ρ∞).
  const double end = 2 / (1 - o.betas[1]) - 1, now = end - 2 * t * (1 - second) / second;
  const double step_size = o.lr / first;
  if (now <= 5)
    return update_elements<2>(slot, [&]<class T>(T) {
      const Moments<T> k(o);
      const T size = static_cast<T>(step_size);
      return [=](T g, T& p, T& m, T& v) {
        k.take(g, p, m, v);
        p -= size * m;
      };
    });
  const double rectified = std::sqrt((now - 4) * (now - 2) * end / ((end - 4) * (end - 2) * now) * second);
  update_elements<2>(slot, [&]<class T>(T) {
    const Moments<T> k(o);
    const T size = static_cast<T>(step_size * rectified);
    return [=](T g, T& p, T& m, T& v) {
      k.take(g, p, m, v);
      p -= size * m / (std::sqrt(v) + k.eps);
    };
  });
}

}  // namespace reel::optim
