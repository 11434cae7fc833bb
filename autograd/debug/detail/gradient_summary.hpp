#pragma once
// The parts of alerts().
#include <vector>

#include <reel/autograd/debug/alerts.hpp>
#include <reel/autograd/debug/detail/analysis.hpp>
#include <reel/autograd/debug/statistics.hpp>

namespace reel::debug {

/// One pass over all gradients, with what an alert about a single entry needs to know of the others.
struct GradientSummary {
  GradientSummary(const Run& run, BackwardReplay& reversal, const AlertOptions& options);

  /// The op that contributed most to an entry's gradient; npos if there is none.
  std::vector<std::size_t> main_user;
  std::vector<double> gradient_norm;  // NaN where there is no gradient, infinity where it is not finite
  std::vector<double> part_sum;       // Σ over users and elements of |contribution|
  std::vector<std::size_t> parts;     // how many users contributed

  const Run& run;
  BackwardReplay& reversal;
  const AlertOptions& options;
};

using Findings = std::vector<Finding>;

/// A finding whose message begins with the problem, the op and its line: "NaN born: ...".
Finding finding_of(const Run& run, Problem problem, std::size_t entry, Phase phase, const Ints& index, const std::string& text);
/// Finds the first NaN or infinity of each op that made one in the forward pass; those that do not reach the result are masked.
void find_forward_births(const Run& run, Findings& findings);
void find_backward_births(const Run& run, BackwardReplay& reversal, Findings& findings);
void find_wrong_rules(const Run& run, Findings& findings);
void find_stale_gradients(const GradientSummary& survey, Findings& findings);
void find_missing_gradients(const GradientSummary& survey, Findings& findings);
void find_silent_broadcasts(const Run& run, Findings& findings);
void find_exploding_and_vanishing(const GradientSummary& survey, Findings& findings);
void find_flat_ops(const GradientSummary& survey, Findings& findings);
void find_cancellation(const GradientSummary& survey, Findings& findings);
void find_unused_parts(const Run& run, Findings& findings);

/// The first use of a leaf, for messages: ", used by linear #4 (train.cpp:54)".
std::string first_use(const Run& run, std::size_t leaf);
/// Σ |x|
double magnitude(const Array& array);
/// " (train.cpp:54)", or nothing.
std::string line_in_brackets(SourceLocation at);

}  // namespace reel::debug
