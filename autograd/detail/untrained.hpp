#pragma once
// Internal; not installed. Parameters that get a gradient and that no optimizer has: most often a name that is missing in REEL_MEMBERS.
#include <atomic>
#include <string>
#include <vector>

#include <reel/autograd/detail/sweep.hpp>

namespace reel::detail {

/// How many parameters wait for the step() that says so.
inline std::atomic<std::size_t> untrained_count{0};
inline bool has_untrained() { return untrained_count.load(std::memory_order_relaxed) != 0; }

/// Called by backward() where some parameters of the history are in no optimizer: those beside parameters that are in one wait for that
/// one's next step(). A parameter comes up once. `alone` is their number where no other parameter is there: without any optimizer nothing
/// is noted but this.
void note_untrained(const History& history, std::size_t alone, SourceLocation at);
/// Called by backward() where all parameters of the history are in an optimizer.
void note_all_trained() noexcept;
/// What to say after a backward pass that also reached these parameters, one text for each untrained one that is still untrained and whose
/// gradient nobody has read; they are forgotten.
std::vector<std::string> take_untrained(const std::vector<ParameterRef>& trained);

/// "2 parameters that are in no optimizer (train.cpp:54)": what this thread's last backward() reached, where it reached no others and no
/// optimizer was made since; else empty.
std::string last_untrained();

/// Marks a parameter as trained by an optimizer.
void set_in_optimizer(const ParameterRef& parameter);

/// The parameters that require a gradient in the history of these results.
std::vector<ParameterRef> parameters_of(const std::vector<Tensor>& results);

}  // namespace reel::detail
