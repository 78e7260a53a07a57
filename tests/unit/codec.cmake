quern_unit_test(arrow_write ${CMAKE_CURRENT_LIST_DIR}/test_arrow_write.c ${CMAKE_CURRENT_LIST_DIR}/segment_sample.c
                LIBS quern_dataset)

quern_unit_test(codec ${CMAKE_CURRENT_LIST_DIR}/test_codec.c ${CMAKE_CURRENT_LIST_DIR}/segment_sample.c
                LIBS quern_dataset quern_codec_client quern_jail PkgConfig::PNG Threads::Threads)
target_compile_definitions(test_codec PRIVATE QUERN_CODEC_PROGRAM="$<TARGET_FILE:quern-codec>")
add_dependencies(test_codec quern-codec)

add_executable(segment_roundtrip ${CMAKE_CURRENT_LIST_DIR}/segment_roundtrip.c
                                 ${CMAKE_CURRENT_LIST_DIR}/segment_sample.c)
target_link_libraries(segment_roundtrip PRIVATE quern_dataset quern_base)
