add_executable(segment_pipe ${CMAKE_CURRENT_LIST_DIR}/segment_pipe.c)
target_link_libraries(segment_pipe PRIVATE quern_dataset quern_base)
