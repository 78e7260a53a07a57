# Frames are measured in Python; the module is not built otherwise.
add_custom_target(bench_frames ALL DEPENDS quern_glue_test)
