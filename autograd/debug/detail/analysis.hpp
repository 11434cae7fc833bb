#pragma once
// Internal; not installed. What is asked of a run and its backward pass.
#include <optional>

#include <reel/autograd/debug/detail/backward_replay.hpp>
#include <reel/autograd/debug/ledger.hpp>
#include <reel/autograd/debug/whence.hpp>
#include <reel/autograd/gradcheck.hpp>

namespace reel::debug {

class Structure;

/// After so many steps of the backward pass.
Ledger ledger_of(const Run& run, BackwardReplay& reversal, std::size_t entry, std::size_t done);
Origin whence_of(const Run& run, BackwardReplay& reversal, std::size_t entry, std::size_t position);
/// Of an element of a value that is not finite, back to where it was made.
Origin whence_of_value(const Run& run, std::size_t entry, std::size_t position);

/// The rule of one element's gradient, after `done` steps of the backward pass, with its numbers.
std::string explain_gradient(const Run& run, BackwardReplay& reversal, std::size_t entry, std::size_t position, std::size_t done);
std::string explain_value(const Run& run, std::size_t entry, std::size_t position);
/// The same for an op whose structure is known, as one wants it for several of its elements.
std::string explain_value(const Run& run, std::size_t entry, std::size_t position, const Structure& structure);

/// The first element that is not finite.
std::optional<std::size_t> first_nonfinite(const Array& array);
/// Whether the element made by an op was not there already in what it took: with finite inputs instead of those that are not, it stays.
bool is_born_at(const Run& run, std::size_t entry, std::size_t position);

/// gradcheck() of one op at the numbers that it was recorded with, by those of its inputs that a gradient can reach.
GradcheckReport check_rule(const Run& run, std::size_t entry, const GradcheckOptions& options);

/// What an op needs to have a value, as its notes say: "log needs x > 0"; empty for ops without.
std::string domain_of(const Entry& entry);
/// That an op bends at the numbers which an element of its output is made of, if its notes say so; else empty.
std::string kink_at(const Entry& entry, std::size_t position);

}  // namespace reel::debug
