quern_unit_test(supervisor_segments ${CMAKE_CURRENT_LIST_DIR}/test_supervisor_segments.c
                ${CMAKE_SOURCE_DIR}/daemon/segments.c)
quern_unit_test(spool ${CMAKE_CURRENT_LIST_DIR}/test_spool.c ${CMAKE_SOURCE_DIR}/daemon/spool.c)
