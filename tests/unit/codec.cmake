quern_unit_test(arrow_write ${CMAKE_CURRENT_LIST_DIR}/test_arrow_write.c ${CMAKE_CURRENT_LIST_DIR}/segment_sample.c
                LIBS quern_dataset)

foreach(name codec codec_hostile)
  quern_unit_test(${name} ${CMAKE_CURRENT_LIST_DIR}/test_${name}.c ${CMAKE_CURRENT_LIST_DIR}/codec_rig.c
                  ${CMAKE_CURRENT_LIST_DIR}/segment_sample.c
                  LIBS quern_dataset quern_codec_client quern_jail PkgConfig::PNG Threads::Threads)
  target_compile_definitions(test_${name} PRIVATE QUERN_CODEC_PROGRAM="$<TARGET_FILE:quern-codec>")
  add_dependencies(test_${name} quern-codec)
endforeach()

add_executable(segment_roundtrip ${CMAKE_CURRENT_LIST_DIR}/segment_roundtrip.c
                                 ${CMAKE_CURRENT_LIST_DIR}/segment_sample.c)
target_link_libraries(segment_roundtrip PRIVATE quern_dataset quern_base)
