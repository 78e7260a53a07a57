# Decoding and encoding against libzstd alone: bench_codec MEGABYTES FILE
add_executable(bench_codec ${CMAKE_CURRENT_LIST_DIR}/bench_codec.c ${CMAKE_CURRENT_LIST_DIR}/bench_table.c
                           ${CMAKE_CURRENT_LIST_DIR}/alone.c)
target_link_libraries(bench_codec PRIVATE bench_rounds quern_dataset quern_codec_client quern_jail quern_base PkgConfig::ZSTD Threads::Threads m)
target_compile_definitions(bench_codec PRIVATE QUERN_CODEC_PROGRAM="$<TARGET_FILE:quern-codec>")
add_dependencies(bench_codec quern-codec)
