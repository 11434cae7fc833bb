#pragma once
// Questions about a run and its backward pass.
#include <optional>

#include <reel/autograd/debug/detail/backward_replay.hpp>
#include <reel/autograd/debug/ledger.hpp>
#include <reel/autograd/debug/whence.hpp>
#include <reel/autograd/gradcheck.hpp>

namespace reel::debug {

class Structure;

/// The contributions to an entry's gradient after `done` steps of the backward pass.
Ledger ledger_of(const Run& run, BackwardReplay& reversal, std::size_t entry, std::size_t done);
Origin whence_of(const Run& run, BackwardReplay& reversal, std::size_t entry, std::size_t position);
/// Traces an element of a value that is not finite back to its origin.
Origin whence_of_value(const Run& run, std::size_t entry, std::size_t position);

/// Explains one element's gradient after `done` steps of the backward pass: the rule with its numbers.
std::string explain_gradient(const Run& run, BackwardReplay& reversal, std::size_t entry, std::size_t position, std::size_t done);
std::string explain_value(const Run& run, std::size_t entry, std::size_t position);
/// The same for an op whose structure is known; saves time if several of its elements are explained.
std::string explain_value(const Run& run, std::size_t entry, std::size_t position, const Structure& structure);

/// The position of the first element that is not finite.
std::optional<std::size_t> first_nonfinite(const Array& array);
/// Whether an op made an element that is not finite: the element stays when the op's inputs that are not finite are replaced by finite
/// ones.
bool is_born_at(const Run& run, std::size_t entry, std::size_t position);

/// gradcheck() of one op at the values that it was recorded with, with respect to those inputs that a gradient can reach.
GradcheckReport check_rule(const Run& run, std::size_t entry, const GradcheckOptions& options);

/// The op's domain from its notes: "log needs x > 0"; empty for ops without notes.
std::string domain_of(const Entry& entry);
/// The text of an op's kink, if its notes say that it has one at the inputs of this element of its output; else empty.
std::string kink_at(const Entry& entry, std::size_t position);

}  // namespace reel::debug
