include(CMakePackageConfigHelpers)

get_property(headers GLOBAL PROPERTY REEL_HEADERS)
foreach(header IN LISTS headers)
  get_filename_component(folder ${header} DIRECTORY)
  install(FILES ${PROJECT_SOURCE_DIR}/${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/reel/${folder})
endforeach()
install(FILES ${REEL_INCLUDE}/reel/reel.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/reel)
install(FILES ${PROJECT_SOURCE_DIR}/tests/testing/catch.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/reel/testing)

install(FILES ${PROJECT_SOURCE_DIR}/autograd/debug/gdb/reel-gdb.py DESTINATION ${CMAKE_INSTALL_DATADIR}/reel/gdb)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/autograd/debug/gdb/reel_gdb DESTINATION ${CMAKE_INSTALL_DATADIR}/reel/gdb FILES_MATCHING PATTERN "*.py")

# The documentation, in folders as it is here, so that its links hold.
install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/CHANGELOG.md ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
file(GLOB_RECURSE documents RELATIVE ${PROJECT_SOURCE_DIR} CONFIGURE_DEPENDS
     ${PROJECT_SOURCE_DIR}/core/README.md ${PROJECT_SOURCE_DIR}/autograd/README.md ${PROJECT_SOURCE_DIR}/nn/README.md ${PROJECT_SOURCE_DIR}/optim/README.md)
foreach(document IN ITEMS ${documents} examples/README.md examples/data/README.md tests/README.md)
  get_filename_component(folder ${document} DIRECTORY)
  install(FILES ${PROJECT_SOURCE_DIR}/${document} DESTINATION ${CMAKE_INSTALL_DOCDIR}/${folder})
endforeach()

install(TARGETS reel_library reel_debugger reel reel_debug EXPORT reelTargets)
if(TARGET reel_testing)
  install(TARGETS reel_testing EXPORT reelTargets)
endif()
install(TARGETS reel-step)
install(EXPORT reelTargets NAMESPACE reel:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/reel)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/reelConfig.cmake.in ${PROJECT_BINARY_DIR}/reelConfig.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/reel)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/reelConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/reelConfig.cmake ${PROJECT_BINARY_DIR}/reelConfigVersion.cmake ${CMAKE_CURRENT_LIST_DIR}/FindLibedit.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/reel)
