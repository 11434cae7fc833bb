#pragma once
// Internal; not installed. Checks of options that several optimizers have.
#include <array>
#include <cmath>

#include <fmt/format.h>
#include <reel/core/error.hpp>

namespace reel::optim {

template <class Options>
void check_common(const char* name, const Options& o) {
  if (!(o.lr >= 0 && o.eps >= 0 && o.weight_decay >= 0))
    throw Error(fmt::format("{}: lr is {}, eps {} and weight_decay {}; none may be negative", name, o.lr, o.eps, o.weight_decay));
}

inline void check_betas(const char* name, const std::array<double, 2>& betas) {
  for (const double beta : betas)
    if (!(beta >= 0 && beta < 1))
      throw Error(fmt::format("{}: the betas are {} and {}; both have to be at least 0 and below 1", name, betas[0], betas[1]));
}

/// Both checks, for an optimizer that has all of these options.
template <class Options>
void check_options(const char* name, const Options& o) {
  check_common(name, o);
  check_betas(name, o.betas);
}

/// Bias corrections 1 - beta^step of both betas. They are the same for all parameters of a step, so the last result is cached.
inline std::array<double, 2> corrections(const std::array<double, 2>& betas, std::int64_t step) {
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

/// The larger of both; NaN if b is NaN.
template <class T>
T larger(T a, T b) {
  return a >= b ? a : b;
}

}  // namespace reel::optim
