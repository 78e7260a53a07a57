add_executable(bundle_tool ${CMAKE_CURRENT_LIST_DIR}/bundle_tool.c)
target_link_libraries(bundle_tool PRIVATE quern_bundle)
add_test(NAME module_bundle_zip COMMAND ${Python3_EXECUTABLE} -m pytest -q -p no:cacheprovider
                                     ${CMAKE_SOURCE_DIR}/tests/module/test_bundle_zip.py)
set_tests_properties(module_bundle_zip PROPERTIES ENVIRONMENT QUERN_BUNDLE_TOOL=$<TARGET_FILE:bundle_tool>)
quern_unit_test(bundle ${CMAKE_CURRENT_LIST_DIR}/test_bundle.c LIBS quern_bundle PkgConfig::ZIP)
