# Debian's libraries by their own means, the pinned sources below the cache of deps/fetch.py.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(Protobuf REQUIRED)
if(SQUIRE_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()

foreach(library zstd:libzstd lz4:liblz4 xxhash:libxxhash utf8proc:libutf8proc git2:libgit2 sqlite:sqlite3
        curl:libcurl md4c:md4c)
  string(REPLACE ":" ";" pair ${library})
  list(GET pair 0 name)
  list(GET pair 1 module)
  pkg_check_modules(${name} REQUIRED IMPORTED_TARGET GLOBAL ${module})
endforeach()
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(fmt REQUIRED)

execute_process(COMMAND ${CMAKE_SOURCE_DIR}/deps/fetch.py sources OUTPUT_VARIABLE SQUIRE_DEPS_DIR
  OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
