add_executable(bench_jail ${CMAKE_CURRENT_LIST_DIR}/bench_jail.c)
target_link_libraries(bench_jail PRIVATE bench_rounds quern_jail)
