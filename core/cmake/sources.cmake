# reel_sources(FOLDER SOURCES a.cpp ... HEADERS a.hpp ... OPT_IN b.hpp ...): a folder's files. HEADERS are part of <reel/reel.hpp>;
# OPT_IN ones are installed too, but included by name.
function(reel_sources folder)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;HEADERS;OPT_IN")
  target_sources(reel PRIVATE ${arg_SOURCES})
  list(TRANSFORM arg_HEADERS PREPEND ${folder}/)
  set_property(GLOBAL APPEND PROPERTY REEL_UMBRELLA ${arg_HEADERS})
  list(TRANSFORM arg_OPT_IN PREPEND ${folder}/)
  set_property(GLOBAL APPEND PROPERTY REEL_HEADERS ${arg_HEADERS} ${arg_OPT_IN})
endfunction()
