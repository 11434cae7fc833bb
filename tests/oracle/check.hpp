#pragma once
#include <string>
#include <vector>

#include <reel/core/io/safetensors.hpp>

#include "ops.hpp"

namespace oracle {

/// Runs one case and compares values, first-order gradients (by the fused rules, and by those made of ops) and second-order products
/// with the reference. Returns one line for each quantity that differs; none if all agree.
std::vector<std::string> failures_of(const Json& one_case, Op op, const reel::io::Arrays& reference);

}  // namespace oracle
