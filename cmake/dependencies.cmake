# Debian's libraries by their own means, the pinned sources below the cache of deps/fetch.py.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(Protobuf REQUIRED)
if(SQUIRE_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()

# squire_library(NAME:MODULE): the target PkgConfig::NAME of a library that pkg-config knows as MODULE.
macro(squire_library pair)
  string(REPLACE ":" ";" names ${pair})
  list(GET names 0 name)
  list(GET names 1 module)
  pkg_check_modules(${name} REQUIRED IMPORTED_TARGET GLOBAL ${module})
endmacro()

foreach(library zstd:libzstd lz4:liblz4 xxhash:libxxhash utf8proc:libutf8proc)
  squire_library(${library})
endforeach()
find_package(nlohmann_json REQUIRED)
find_library(SQUIRE_STEMMER stemmer REQUIRED)

# What only the rooms above the engine need: a build of the engine alone goes without.
if("cli" IN_LIST SQUIRE_ROOMS OR "sync" IN_LIST SQUIRE_ROOMS OR "corpus" IN_LIST SQUIRE_ROOMS OR "embed" IN_LIST SQUIRE_ROOMS)
  foreach(library git2:libgit2 sqlite:sqlite3 curl:libcurl md4c:md4c)
    squire_library(${library})
  endforeach()
  find_package(CLI11 REQUIRED)
  find_package(fmt REQUIRED)
endif()

# The cache of pinned sources. In a build of the Python package its own front end brings what is needed.
if(NOT SKBUILD)
  execute_process(COMMAND ${CMAKE_SOURCE_DIR}/deps/fetch.py sources OUTPUT_VARIABLE SQUIRE_DEPS_DIR
    OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
endif()

# squire_pinned_dir(OUT NAME): where the archive pinned under NAME is unpacked.
function(squire_pinned_dir out name)
  file(STRINGS ${CMAKE_SOURCE_DIR}/deps/pins.toml pin REGEX "^${name} = ")
  string(REGEX MATCH "version = \"([^\"]+)\"" ignored "${pin}")
  if(NOT CMAKE_MATCH_1)
    message(FATAL_ERROR "deps/pins.toml has no version for ${name}")
  endif()
  set(${out} ${SQUIRE_DEPS_DIR}/${name}-${CMAKE_MATCH_1} PARENT_SCOPE)
endfunction()
set_property(DIRECTORY ${CMAKE_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/deps/pins.toml)
