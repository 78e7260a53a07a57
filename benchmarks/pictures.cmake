add_executable(bench_pictures ${CMAKE_CURRENT_LIST_DIR}/bench_pictures.c)
target_link_libraries(bench_pictures PRIVATE bench_rounds quern_visualization PkgConfig::PNG)
target_include_directories(bench_pictures PRIVATE ${CMAKE_SOURCE_DIR})
