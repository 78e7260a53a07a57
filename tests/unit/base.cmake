quern_unit_test(base ${CMAKE_CURRENT_LIST_DIR}/test_base.c)
quern_unit_test(foreign ${CMAKE_CURRENT_LIST_DIR}/test_foreign.c)
