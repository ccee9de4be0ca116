# The C++ package: all rooms of the engine in one static library, the public headers, and a CMake package, so that
# find_package(squire) and squire::squire are enough (cmake/squireConfig.cmake.in, examples/).
set(squire_engine_rooms base io simd lance table index query upkeep engine)
foreach(room ${squire_engine_rooms})
  list(APPEND squire_objects $<TARGET_OBJECTS:squire_${room}>)
endforeach()
add_library(squire_package_library STATIC ${squire_objects} $<TARGET_OBJECTS:squire_lance_proto>)
set_target_properties(squire_package_library PROPERTIES OUTPUT_NAME squire LINKER_LANGUAGE CXX)

include(CMakePackageConfigHelpers)
configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/squireConfig.cmake.in ${CMAKE_BINARY_DIR}/squireConfig.cmake
  INSTALL_DESTINATION lib/cmake/squire)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/squireConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/squireConfig.cmake ${CMAKE_BINARY_DIR}/squireConfigVersion.cmake
  DESTINATION lib/cmake/squire COMPONENT library)
install(TARGETS squire_package_library ARCHIVE DESTINATION lib COMPONENT library)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/squire DESTINATION include COMPONENT library FILES_MATCHING PATTERN "*.h")
