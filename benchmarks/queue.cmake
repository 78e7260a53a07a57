add_executable(bench_queue ${CMAKE_CURRENT_LIST_DIR}/bench_queue.c ${CMAKE_SOURCE_DIR}/tests/unit/redis_server.c)
target_link_libraries(bench_queue PRIVATE bench_rounds quern_queue quern_redis PkgConfig::CMOCKA)
target_include_directories(bench_queue PRIVATE ${CMAKE_SOURCE_DIR})
target_compile_definitions(bench_queue PRIVATE QUERN_FIXTURES="${CMAKE_SOURCE_DIR}/tests/fixtures")
