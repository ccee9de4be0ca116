# squire_treesitter: tree-sitter's core and the grammars of the languages that src/corpus chunks by syntax, one static
# library compiled from the pinned archives. Their versions stand in deps/pins.toml and nowhere else.

squire_pinned_dir(core_dir tree_sitter)
set(core_dir ${core_dir}/tree_sitter/core/lib)
add_library(squire_treesitter STATIC ${core_dir}/src/lib.c)
target_include_directories(squire_treesitter SYSTEM PUBLIC ${core_dir}/include PRIVATE ${core_dir}/src)

# The grammars are tables and one generated switch each: to sanitize them costs minutes. The core calls its scanners through
# pointers of other types, which clang's undefined behaviour sanitizer minds.
if(SQUIRE_SANITIZE OR SQUIRE_FUZZ)
  set(unsanitized -fno-sanitize=all)
  target_compile_options(squire_treesitter PRIVATE -fno-sanitize=undefined)
endif()

foreach(grammar python javascript typescript/typescript typescript/tsx go rust java c cpp)
  string(REGEX REPLACE "/.*" "" package ${grammar})
  string(REGEX MATCH "/.*" inner "${grammar}")
  string(REPLACE "/" "_" target squire_grammar_${grammar})
  squire_pinned_dir(grammar_dir tree-sitter-${package})
  set(grammar_src ${grammar_dir}${inner}/src)
  set(grammar_files ${grammar_src}/parser.c)
  if(EXISTS ${grammar_src}/scanner.c)
    list(APPEND grammar_files ${grammar_src}/scanner.c)
  endif()
  add_library(${target} OBJECT ${grammar_files})  # each with its own copy of tree_sitter/parser.h
  target_include_directories(${target} PRIVATE ${grammar_src})
  target_compile_options(${target} PRIVATE ${unsanitized})
  target_compile_options(${target} PRIVATE -w -O1)  # tables and one big switch: -O2 costs minutes and gains nothing
  target_sources(squire_treesitter PRIVATE $<TARGET_OBJECTS:${target}>)
endforeach()
target_compile_options(squire_treesitter PRIVATE -w -O2)
