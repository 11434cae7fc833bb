# Trains three times: with one thread, with two, and with one that goes on in the middle of an even number of epochs. All have to end with
# the same bits in weights, optimizer, schedule, order of the data and random generator, and the same history.
#   cmake -DPROGRAM=... -DDATA=... -DEPOCHS=4 -P same_bits.cmake
function(train)
  execute_process(COMMAND ${PROGRAM} ${DATA} --short --epochs ${EPOCHS} ${ARGN} RESULT_VARIABLE result OUTPUT_QUIET)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${PROGRAM} ${ARGN}: ${result}")
  endif()
endfunction()

function(compare a b)
  execute_process(COMMAND ${CMAKE_COMMAND} -E compare_files ${a} ${b} RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${a} and ${b} differ")
  endif()
endfunction()

math(EXPR half "${EPOCHS} / 2")
get_filename_component(name ${PROGRAM} NAME)
train(--threads 1 --save ${name}.one{epoch}.safetensors)
train(--threads 2 --save ${name}.two{epoch}.safetensors)
train(--threads 1 --resume ${name}.two${half}.safetensors --save ${name}.on{epoch}.safetensors --seed 9)
foreach(epoch RANGE 1 ${EPOCHS})
  compare(${name}.one${epoch}.safetensors ${name}.two${epoch}.safetensors)
endforeach()
compare(${name}.one${EPOCHS}.safetensors ${name}.on${EPOCHS}.safetensors)
