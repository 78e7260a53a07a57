quern_fuzz_target(arrow ${CMAKE_CURRENT_LIST_DIR}/fuzz_arrow.c LIBS quern_dataset)
quern_fuzz_target(segment ${CMAKE_CURRENT_LIST_DIR}/fuzz_segment.c LIBS quern_dataset)
quern_fuzz_target(table ${CMAKE_CURRENT_LIST_DIR}/fuzz_table.c LIBS quern_dataset)
quern_fuzz_target(arff ${CMAKE_CURRENT_LIST_DIR}/fuzz_arff.c LIBS quern_dataset)
