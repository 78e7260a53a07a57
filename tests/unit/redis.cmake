# Servers of the tests' own: a real Redis, and peers that are none.
add_library(quern_redis_tested STATIC ${CMAKE_CURRENT_LIST_DIR}/redis_server.c ${CMAKE_CURRENT_LIST_DIR}/redis_peer.c)
target_link_libraries(quern_redis_tested PUBLIC quern_redis PkgConfig::CMOCKA)
target_compile_definitions(quern_redis_tested PRIVATE QUERN_FIXTURES="${CMAKE_SOURCE_DIR}/tests/fixtures")

quern_unit_test(redis ${CMAKE_CURRENT_LIST_DIR}/test_redis.c LIBS quern_redis_tested)
