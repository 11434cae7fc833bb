#pragma once
// Parameters that get a gradient but are in no optimizer: most often a member that is missing in REEL_MEMBERS.
#include <atomic>
#include <string>
#include <vector>

#include <reel/autograd/detail/sweep.hpp>

namespace reel::detail {

/// Number of parameters that the next step() of an optimizer will report.
inline std::atomic<std::size_t> untrained_count{0};
inline bool has_untrained() { return untrained_count.load(std::memory_order_relaxed) != 0; }

/// Called by backward() if some parameters of the history are in no optimizer. Those beside parameters of an optimizer are reported by that
/// optimizer's next step(), each parameter once. `alone` is the number of parameters if none of the history is in an optimizer: then only
/// this number is noted.
void note_untrained(const History& history, std::size_t alone, SourceLocation at);
/// Called by backward() if all parameters of the history are in an optimizer.
void note_all_trained() noexcept;
/// Warnings after a backward pass that reached these trained parameters: one text per parameter that the pass also reached, that is still
/// in no optimizer and whose gradient was never read. These parameters are then forgotten.
std::vector<std::string> take_untrained(const std::vector<ParameterRef>& trained);

/// "2 parameters that are in no optimizer (train.cpp:54)": the parameters that this thread's last backward() reached, if it reached no
/// others and no optimizer was made since; else empty.
std::string last_untrained();

/// Marks a parameter as trained by an optimizer.
void set_in_optimizer(const ParameterRef& parameter);

/// The parameters that require a gradient in the history of these results.
std::vector<ParameterRef> parameters_of(const std::vector<Tensor>& results);

}  // namespace reel::detail
