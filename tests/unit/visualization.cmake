add_executable(png_join_tool ${CMAKE_CURRENT_LIST_DIR}/png_join_tool.c)
target_link_libraries(png_join_tool PRIVATE quern_visualization PkgConfig::JANSSON)
add_test(NAME module_pictures COMMAND ${Python3_EXECUTABLE} -m pytest -q -p no:cacheprovider
                                   ${CMAKE_SOURCE_DIR}/tests/module/test_pictures.py)
set_tests_properties(module_pictures PROPERTIES ENVIRONMENT QUERN_PNG_JOIN_TOOL=$<TARGET_FILE:png_join_tool>)
quern_unit_test(png_join ${CMAKE_CURRENT_LIST_DIR}/test_png_join.c LIBS quern_visualization PkgConfig::PNG PkgConfig::Z)
