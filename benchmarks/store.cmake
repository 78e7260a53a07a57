add_executable(bench_store ${CMAKE_CURRENT_LIST_DIR}/bench_store.c ${CMAKE_SOURCE_DIR}/tests/unit/redis_server.c)
target_link_libraries(bench_store PRIVATE bench_rounds quern_storage quern_redis PkgConfig::CMOCKA PkgConfig::CRYPTO)
target_include_directories(bench_store PRIVATE ${CMAKE_SOURCE_DIR})
target_compile_definitions(bench_store PRIVATE QUERN_FIXTURES="${CMAKE_SOURCE_DIR}/tests/fixtures")
