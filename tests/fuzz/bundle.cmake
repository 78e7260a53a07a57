quern_fuzz_target(bundle ${CMAKE_CURRENT_LIST_DIR}/fuzz_bundle.c LIBS quern_bundle)
