#pragma once

namespace reel::detail {

// libstdc++'s containers have another layout under -D_GLIBCXX_DEBUG: a program with it and a library without it, or the other way round,
// would read each other's vectors wrongly. The library has the symbol of its own mode only, so the linker refuses the pair and names it.
#ifdef _GLIBCXX_DEBUG
extern const char this_program_has_GLIBCXX_DEBUG_and_libreel_was_built_without_it;
[[gnu::used]] inline const char* const debug_mode_check = &this_program_has_GLIBCXX_DEBUG_and_libreel_was_built_without_it;
#else
extern const char libreel_was_built_with_GLIBCXX_DEBUG_and_this_program_has_it_not;
[[gnu::used]] inline const char* const mode_check = &libreel_was_built_with_GLIBCXX_DEBUG_and_this_program_has_it_not;
#endif

}  // namespace reel::detail
