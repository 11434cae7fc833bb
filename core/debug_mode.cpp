#include <reel/core/debug_mode.hpp>

namespace reel::detail {

#ifdef _GLIBCXX_DEBUG
const char this_program_has_GLIBCXX_DEBUG_and_libreel_was_built_without_it = 0;
#else
const char libreel_was_built_with_GLIBCXX_DEBUG_and_this_program_has_it_not = 0;
#endif

}  // namespace reel::detail
