quern_unit_test(jail_spawn ${CMAKE_CURRENT_LIST_DIR}/test_jail_spawn.c LIBS quern_jail)
