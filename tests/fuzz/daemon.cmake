quern_fuzz_target(answer ${CMAKE_CURRENT_LIST_DIR}/fuzz_answer.c ${CMAKE_SOURCE_DIR}/daemon/host_answer.c)
