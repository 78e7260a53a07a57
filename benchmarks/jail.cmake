add_executable(bench_jail ${CMAKE_CURRENT_LIST_DIR}/bench_jail.c ${CMAKE_CURRENT_LIST_DIR}/jail_prices.c)
target_link_libraries(bench_jail PRIVATE bench_rounds quern_jail)
target_include_directories(bench_jail PRIVATE ${CMAKE_SOURCE_DIR})
