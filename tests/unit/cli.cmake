quern_unit_test(cli_quantity ${CMAKE_CURRENT_LIST_DIR}/test_cli_quantity.c LIBS quern_terminal)
quern_unit_test(cli_command ${CMAKE_CURRENT_LIST_DIR}/test_cli_command.c LIBS quern_command)
quern_unit_test(cli_escape ${CMAKE_CURRENT_LIST_DIR}/test_cli_escape.c LIBS quern_terminal)
quern_unit_test(cli_table ${CMAKE_CURRENT_LIST_DIR}/test_cli_table.c LIBS quern_terminal)
quern_unit_test(cli_render ${CMAKE_CURRENT_LIST_DIR}/test_cli_render.c LIBS quern_terminal)
quern_unit_test(cli_backlog ${CMAKE_CURRENT_LIST_DIR}/test_cli_backlog.c LIBS quern_terminal)
quern_unit_test(cli_change ${CMAKE_CURRENT_LIST_DIR}/test_cli_change.c ${CMAKE_SOURCE_DIR}/cli/change.c
                ${CMAKE_SOURCE_DIR}/cli/venv.c ${CMAKE_SOURCE_DIR}/cli/places.c ${CMAKE_SOURCE_DIR}/cli/program.c
                LIBS quern_command)

# A worker that does as it is told, for tests/e2e/jobs/.
add_executable(worker_tool ${CMAKE_CURRENT_LIST_DIR}/worker_tool.c)
target_link_libraries(worker_tool PRIVATE quern_queue)
set_target_properties(worker_tool PROPERTIES EXCLUDE_FROM_ALL OFF)

quern_unit_test(cli_jobs ${CMAKE_CURRENT_LIST_DIR}/test_cli_jobs.c ${CMAKE_SOURCE_DIR}/cli/verdict.c
                ${CMAKE_SOURCE_DIR}/cli/record_json.c ${CMAKE_SOURCE_DIR}/cli/checksum.c
                LIBS quern_command quern_job PkgConfig::JANSSON PkgConfig::CRYPTO)
