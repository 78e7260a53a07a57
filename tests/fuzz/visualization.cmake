quern_fuzz_target(png ${CMAKE_CURRENT_LIST_DIR}/fuzz_png.c LIBS quern_visualization PkgConfig::PNG PkgConfig::Z)
