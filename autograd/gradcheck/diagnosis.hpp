#pragma once
// From wrong numbers to the likely mistake.
#include <reel/autograd/gradcheck/finding.hpp>
#include <reel/autograd/gradcheck/problem.hpp>

namespace reel::detail {

/// Fills in which of the usual mistakes explains a mismatch, and which were ruled out. `node` is the problem's op, null for a whole
/// function.
void diagnose(Finding& finding, const Problem& problem, const Node* node);

/// What is wrong with the form of an op's gradients at its recorded inputs: their number, shapes or dtypes; nothing if they are right.
std::optional<Finding> check_form(const Entry& entry, const Problem& problem);

}  // namespace reel::detail
