# The glue runs in the system's own Python, which has no sanitizers: in the dev build they come before it.
set_target_properties(quern_glue_test PROPERTIES EXCLUDE_FROM_ALL OFF)
set(environment QUERN_GLUE_MODULE=$<TARGET_FILE_DIR:quern_glue_test>)
if(QUERN_SANITIZE)
  execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=libasan.so OUTPUT_VARIABLE asan
                  OUTPUT_STRIP_TRAILING_WHITESPACE)
  execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=libubsan.so OUTPUT_VARIABLE ubsan
                  OUTPUT_STRIP_TRAILING_WHITESPACE)
  list(APPEND environment "LD_PRELOAD=${asan} ${ubsan}" ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1)
endif()
foreach(area types calls failures tables legacy legacy_meanings legacy_plots lint stub objects odd)
  add_test(NAME module_glue_${area} COMMAND ${Python3_EXECUTABLE} -m pytest -q -p no:cacheprovider
                                         ${CMAKE_SOURCE_DIR}/tests/module/test_glue_${area}.py)
  set_tests_properties(module_glue_${area} PROPERTIES ENVIRONMENT "${environment}")
endforeach()

quern_unit_test(glue ${CMAKE_CURRENT_LIST_DIR}/test_glue.c ${CMAKE_CURRENT_LIST_DIR}/host_harness.c
                LIBS quern_host quern_jail quern_dataset)
add_dependencies(test_glue quern-python)
target_compile_definitions(test_glue PRIVATE
  QUERN_PYTHON="${Python3_EXECUTABLE}"
  QUERN_PYTHON_PROGRAM="$<TARGET_FILE:quern-python>")
