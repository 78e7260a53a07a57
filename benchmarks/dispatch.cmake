add_executable(bench_dispatch ${CMAKE_CURRENT_LIST_DIR}/bench_dispatch.c ${CMAKE_SOURCE_DIR}/tests/unit/host_harness.c
               ${CMAKE_SOURCE_DIR}/tests/unit/host_waiting.c)
target_link_libraries(bench_dispatch PRIVATE bench_rounds quern_host quern_jail)
target_include_directories(bench_dispatch PRIVATE ${CMAKE_SOURCE_DIR})
target_compile_definitions(bench_dispatch PRIVATE QUERN_PYTHON_PROGRAM="$<TARGET_FILE:quern-python>")
add_dependencies(bench_dispatch quern-python)
