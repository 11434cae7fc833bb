# Runs PROGRAM with CSV and SCRIPT; what it prints has to stand in the file README, between ```console and ```.
execute_process(COMMAND ${PROGRAM} ${CSV} ${SCRIPT} RESULT_VARIABLE status OUTPUT_VARIABLE printed ERROR_VARIABLE errors)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "the program failed (${status}):\n${printed}${errors}")
endif()
file(READ ${README} readme)
# Last digits differ between instruction sets: the last two of each number are left out on both sides.
foreach(text readme printed)
  string(REGEX REPLACE "([0-9]\\.[0-9]+)[0-9][0-9]" "\\1" ${text} "${${text}}")
endforeach()
string(FIND "${readme}" "```console\n${printed}```" found)
if(found EQUAL -1)
  message(FATAL_ERROR "${README} does not have what the program prints:\n${printed}")
endif()
