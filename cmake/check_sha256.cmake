# cmake -P check_sha256.cmake FILE SHA256: fails unless the file has that hash.
file(SHA256 ${CMAKE_ARGV3} got)
if(NOT got STREQUAL CMAKE_ARGV4)
  message(FATAL_ERROR "${CMAKE_ARGV3}: its sha256 is ${got}, not the pinned ${CMAKE_ARGV4}")
endif()
