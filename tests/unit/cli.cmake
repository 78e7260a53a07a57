quern_unit_test(cli_quantity ${CMAKE_CURRENT_LIST_DIR}/test_cli_quantity.c LIBS quern_terminal)
quern_unit_test(cli_command ${CMAKE_CURRENT_LIST_DIR}/test_cli_command.c LIBS quern_command)
quern_unit_test(cli_escape ${CMAKE_CURRENT_LIST_DIR}/test_cli_escape.c LIBS quern_terminal)
quern_unit_test(cli_table ${CMAKE_CURRENT_LIST_DIR}/test_cli_table.c LIBS quern_terminal)
quern_unit_test(cli_render ${CMAKE_CURRENT_LIST_DIR}/test_cli_render.c LIBS quern_terminal)
quern_unit_test(cli_backlog ${CMAKE_CURRENT_LIST_DIR}/test_cli_backlog.c LIBS quern_terminal)
quern_unit_test(cli_change ${CMAKE_CURRENT_LIST_DIR}/test_cli_change.c ${CMAKE_SOURCE_DIR}/cli/change.c
                ${CMAKE_SOURCE_DIR}/cli/venv.c ${CMAKE_SOURCE_DIR}/cli/places.c ${CMAKE_SOURCE_DIR}/cli/program.c
                LIBS quern_command)
