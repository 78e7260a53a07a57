quern_unit_test(job ${CMAKE_CURRENT_LIST_DIR}/test_job.c LIBS quern_job quern_jail)
quern_unit_test(manifest ${CMAKE_CURRENT_LIST_DIR}/test_manifest.c LIBS quern_job PkgConfig::JANSSON)

# For tests/module/test_job_schema.py and test_manifest_schema.py, which compare with python3-jsonschema.
add_executable(job_check_tool ${CMAKE_CURRENT_LIST_DIR}/job_check_tool.c)
target_link_libraries(job_check_tool PRIVATE quern_job)
add_executable(manifest_tool ${CMAKE_CURRENT_LIST_DIR}/manifest_tool.c)
target_link_libraries(manifest_tool PRIVATE quern_job)
add_test(NAME module_schemas COMMAND ${Python3_EXECUTABLE} -m pytest -q -p no:cacheprovider
         ${CMAKE_SOURCE_DIR}/tests/module/test_job_schema.py ${CMAKE_SOURCE_DIR}/tests/module/test_manifest_schema.py
         ${CMAKE_SOURCE_DIR}/tests/module/test_limits_table.py)
set_tests_properties(module_schemas PROPERTIES ENVIRONMENT "QUERN_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")

# The queue against a redis-server of the tests' own; its clock is the tests'.
quern_transitions(${CMAKE_CURRENT_BINARY_DIR}/queue_scripts.c ${CMAKE_SOURCE_DIR}/tests/fixtures/queue/clock.lua)
add_library(quern_queue_tested STATIC $<TARGET_OBJECTS:quern_queue_client> ${CMAKE_CURRENT_BINARY_DIR}/queue_scripts.c
            ${CMAKE_CURRENT_LIST_DIR}/queue_world.c)
target_link_libraries(quern_queue_tested PUBLIC quern_job quern_redis_tested)
target_include_directories(quern_queue_tested PUBLIC ${CMAKE_SOURCE_DIR})
foreach(part queue queue_dependencies queue_operate queue_names queue_wait queue_client
        queue_faults)
  quern_unit_test(${part} ${CMAKE_CURRENT_LIST_DIR}/test_${part}.c LIBS quern_queue_tested)
endforeach()
quern_unit_test(queue_server ${CMAKE_CURRENT_LIST_DIR}/test_queue_server.c LIBS quern_queue quern_redis_tested)

# The same transitions over TCP, as a user with no more rights than deploy/redis/users.acl gives.
foreach(part queue queue_dependencies queue_operate queue_names queue_wait)
  add_test(NAME unit_${part}_guarded COMMAND test_${part})
  set_tests_properties(unit_${part}_guarded PROPERTIES ENVIRONMENT "QUERN_TESTS_GUARDED=1")
endforeach()

# Random transitions beside a model, on a Redis of its own.
add_test(NAME module_queue_model COMMAND ${Python3_EXECUTABLE} -m pytest -q -p no:cacheprovider
         ${CMAKE_SOURCE_DIR}/tests/module/test_queue_model.py)
