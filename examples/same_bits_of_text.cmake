# Trains with PROGRAM TEXT ARGUMENTS for STEPS steps on one thread, on two, and on two with an interruption after half of them: the files
# with the weights, the optimizer's moments and the random state have to be the same bytes. Files go to FOLDER.
function(train checkpoint)
  execute_process(COMMAND ${PROGRAM} ${TEXT} ${ARGUMENTS} --length 1 --save ${FOLDER}/${checkpoint} ${ARGN} RESULT_VARIABLE code OUTPUT_QUIET)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "${PROGRAM} ended with ${code}")
  endif()
endfunction()

function(compare a b)
  execute_process(COMMAND ${CMAKE_COMMAND} -E compare_files ${FOLDER}/${a} ${FOLDER}/${b} RESULT_VARIABLE differ)
  if(differ)
    message(FATAL_ERROR "${a} and ${b} differ")
  endif()
endfunction()

file(MAKE_DIRECTORY ${FOLDER})
math(EXPR half "${STEPS} / 2")
train(one.safetensors --steps ${STEPS} --threads 1)
train(two.safetensors --steps ${STEPS} --threads 2)
compare(one.safetensors two.safetensors)
train(half.safetensors --steps ${STEPS} --threads 2 --stop ${half})
train(resumed.safetensors --steps ${STEPS} --threads 2 --resume ${FOLDER}/half.safetensors --seed 1)
compare(one.safetensors resumed.safetensors)

# A test that cannot fail shows nothing: another seed has to give other bytes.
train(other.safetensors --steps ${STEPS} --threads 2 --seed 1)
execute_process(COMMAND ${CMAKE_COMMAND} -E compare_files ${FOLDER}/one.safetensors ${FOLDER}/other.safetensors RESULT_VARIABLE differ)
if(NOT differ)
  message(FATAL_ERROR "two seeds gave the same weights")
endif()
