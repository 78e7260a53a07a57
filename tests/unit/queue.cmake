quern_unit_test(job ${CMAKE_CURRENT_LIST_DIR}/test_job.c LIBS quern_job quern_jail)
quern_unit_test(manifest ${CMAKE_CURRENT_LIST_DIR}/test_manifest.c LIBS quern_job PkgConfig::JANSSON)

# For tests/module/test_job_schema.py and test_manifest_schema.py, which compare with python3-jsonschema.
add_executable(job_check_tool ${CMAKE_CURRENT_LIST_DIR}/job_check_tool.c)
target_link_libraries(job_check_tool PRIVATE quern_job)
add_executable(manifest_tool ${CMAKE_CURRENT_LIST_DIR}/manifest_tool.c)
target_link_libraries(manifest_tool PRIVATE quern_job)
add_test(NAME module_schemas COMMAND ${Python3_EXECUTABLE} -m pytest -q -p no:cacheprovider
         ${CMAKE_SOURCE_DIR}/tests/module/test_job_schema.py ${CMAKE_SOURCE_DIR}/tests/module/test_manifest_schema.py)
set_tests_properties(module_schemas PROPERTIES TIMEOUT 120 ENVIRONMENT "QUERN_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
