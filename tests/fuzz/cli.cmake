quern_fuzz_target(terminal ${CMAKE_CURRENT_LIST_DIR}/fuzz_terminal.c LIBS quern_terminal)
