quern_unit_test(environment ${CMAKE_CURRENT_LIST_DIR}/test_environment.c LIBS quern_environment)
