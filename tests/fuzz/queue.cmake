quern_fuzz_target(job ${CMAKE_CURRENT_LIST_DIR}/fuzz_job.c LIBS quern_job)
