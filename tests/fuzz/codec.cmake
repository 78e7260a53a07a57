quern_fuzz_target(write ${CMAKE_CURRENT_LIST_DIR}/fuzz_write.c LIBS quern_dataset)
