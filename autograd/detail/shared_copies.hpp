#pragma once
// How a copy of a module keeps what the module shares; not installed.
#include <reel/autograd/parameter.hpp>

namespace reel::detail {

/// Says that this thread is about to copy an object that has the parameter in so many places: the copies are to be one parameter again. A
/// parameter that was announced and not copied yet keeps its number. The announcement ends with the last of the copies.
void copy_together(const ParameterRef& parameter, std::size_t places);

inline thread_local constinit bool copies_expected = false;
/// Ends all announcements of this thread: for whoever knows that nothing is being copied now. One is left over where a copy
/// constructor leaves members out.
void forget_copies();

}  // namespace reel::detail
