# squire_room(NAME [USES room...] [LIBS target...] [SOURCES extra...])
#
# A room is src/NAME: every .cc in it (and in folders below it) becomes the static library squire_NAME, every _test.cc one
# test program NAME_test. Files are found by pattern, so a test file cannot be left out of the build.
# *_fuzz.cc, *_main.cc and *_bench.cc are programs of their own and left to the room's CMakeLists.txt.
function(squire_room name)
  cmake_parse_arguments(ROOM "" "" "USES;LIBS;SOURCES;TEST_LIBS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER sources EXCLUDE REGEX "(_test|_fuzz|_main|_bench)\\.cc$")
  add_library(squire_${name} STATIC ${sources} ${ROOM_SOURCES})
  list(TRANSFORM ROOM_USES PREPEND squire_ OUTPUT_VARIABLE uses)
  target_link_libraries(squire_${name} PUBLIC squire_options ${uses} ${ROOM_LIBS})
  if(SQUIRE_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE squire_${name} ${ROOM_TEST_LIBS} GTest::gmock_main)
    gtest_discover_tests(${name}_test TEST_PREFIX ${name}. DISCOVERY_MODE PRE_TEST
      PROPERTIES LABELS quick TIMEOUT 600)
  endif()
endfunction()
