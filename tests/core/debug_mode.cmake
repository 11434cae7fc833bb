# A program that is compiled with -D_GLIBCXX_DEBUG must not link to a library that was built without it, and the linker has to say why.
file(WRITE ${FOLDER}/debug_mode.cpp "#include <reel/core/debug_mode.hpp>\nint main() {}\n")
execute_process(COMMAND ${COMPILER} -std=c++20 -D_GLIBCXX_DEBUG -I${INCLUDE} ${FOLDER}/debug_mode.cpp ${LIBRARY} -o ${FOLDER}/debug_mode
                RESULT_VARIABLE status OUTPUT_VARIABLE printed ERROR_VARIABLE errors)
if(status EQUAL 0 OR NOT "${printed}${errors}" MATCHES "this_program_has_GLIBCXX_DEBUG_and_libreel_was_built_without_it")
  message(FATAL_ERROR "the linker (${status}) does not name the mode:\n${printed}${errors}")
endif()
