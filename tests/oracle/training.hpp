#pragma once
#include <memory>
#include <string>
#include <vector>

#include <reel/reel.hpp>

#include "ops.hpp"

namespace oracle {

/// Reel's optimizer for a case's "optimizer" and "options"; throws Error that names what is not known.
std::unique_ptr<reel::optim::Optimizer> make_optimizer(const std::string& name, const Json& options,
                                                       const std::vector<reel::ParameterRef>& parameters);

/// A case's schedulers; those that are made of others come after them.
struct Schedule {
  std::vector<std::unique_ptr<reel::optim::Scheduler>> all;
  std::vector<reel::optim::Scheduler*> stepped;  // those that are stepped themselves
};

/// For a case's "scheduler": null, [name, options], or a list of such, all stepped. Throws Error that names what is not known.
Schedule make_schedule(const Json& description, reel::optim::Optimizer& optimizer);

/// Runs a case of training.json and compares losses, learning rates and weights. One line for each quantity that differs.
std::vector<std::string> failures_of_training(const Json& one_case, const reel::State& reference);

}  // namespace oracle
