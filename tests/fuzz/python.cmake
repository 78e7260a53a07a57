quern_fuzz_target(host_call ${CMAKE_CURRENT_LIST_DIR}/fuzz_host_call.c LIBS quern_host)
quern_fuzz_target(host_answer ${CMAKE_CURRENT_LIST_DIR}/fuzz_host_answer.c LIBS quern_host)
quern_fuzz_target(request ${CMAKE_CURRENT_LIST_DIR}/fuzz_request.c LIBS quern_host)
