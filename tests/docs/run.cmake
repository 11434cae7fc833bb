# Runs PROGRAM; it has to succeed and, unless the file EXPECTED is empty, to print what stands there.
execute_process(COMMAND ${PROGRAM} RESULT_VARIABLE status OUTPUT_VARIABLE printed ERROR_VARIABLE errors)
file(READ ${EXPECTED} expected)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "the program failed (${status}):\n${printed}${errors}")
endif()
if(NOT expected STREQUAL "" AND NOT printed STREQUAL expected)
  message(FATAL_ERROR "the README says:\n${expected}\nthe program prints:\n${printed}")
endif()
