#pragma once
// How a copy of a module keeps sharing the parameters that the module shares.
#include <reel/autograd/parameter.hpp>

namespace reel::detail {

/// Announces that this thread is about to copy an object that has the parameter in `places` places: these copies become one shared
/// parameter again. If the parameter was announced before and not copied yet, the earlier number stays. The announcement ends with the last
/// of the copies.
void copy_together(const ParameterRef& parameter, std::size_t places);

inline thread_local constinit bool copies_expected = false;
/// Ends all announcements of this thread; to be called when nothing is being copied. An announcement is left over when a copy constructor
/// leaves members out.
void forget_copies();

}  // namespace reel::detail
