# Flags of our own code: warnings are errors, the floor is SSE4.2; kernels above it are chosen at run time (src/simd).
add_library(squire_options INTERFACE)
target_include_directories(squire_options INTERFACE ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/src)
target_compile_options(squire_options INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Werror -Werror=unused-result
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety -Wno-gnu-statement-expression>
  $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>  # std::get_temporary_buffer, inside std::stable_sort
  -Wno-missing-field-initializers  # designated initializers leave members to their defaults
  -fno-omit-frame-pointer)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  target_compile_options(squire_options INTERFACE -msse4.2 -mpopcnt)
endif()
if(SQUIRE_FUZZ)  # targets link the driver themselves
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,undefined)
endif()
if(SQUIRE_SANITIZE)
  add_compile_options(-fsanitize=${SQUIRE_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SQUIRE_SANITIZE})
endif()
