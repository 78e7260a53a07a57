quern_unit_test(limits ${CMAKE_CURRENT_LIST_DIR}/test_limits.c LIBS quern_limits)
quern_unit_test(environment ${CMAKE_CURRENT_LIST_DIR}/test_environment.c LIBS quern_environment)
