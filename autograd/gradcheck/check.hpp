#pragma once
// The check of one problem; internal, not installed.
#include <optional>

#include <reel/autograd/gradcheck.hpp>
#include <reel/autograd/gradcheck/finding.hpp>
#include <reel/autograd/gradcheck/problem.hpp>

namespace reel::detail {

struct Limits {
  double rtol, atol;
};
Limits limits_for(Dtype dtype, const GradcheckOptions& options);

/// The first thing that is wrong with a problem's function, rules or gradients, at the problem's order.
std::optional<Finding> check(const Problem& problem, const GradcheckOptions& options);

}  // namespace reel::detail
