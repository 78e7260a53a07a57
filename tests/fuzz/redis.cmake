quern_fuzz_target(redis_bytes ${CMAKE_CURRENT_LIST_DIR}/fuzz_redis_bytes.c LIBS quern_redis)
