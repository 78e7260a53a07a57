cmake_path(GET Python3_EXECUTABLE PARENT_PATH python_home)
foreach(name zygote zygote_environment standby)
  quern_unit_test(${name} ${CMAKE_CURRENT_LIST_DIR}/test_${name}.c ${CMAKE_CURRENT_LIST_DIR}/host_script.c
                  ${CMAKE_CURRENT_LIST_DIR}/host_harness.c ${CMAKE_CURRENT_LIST_DIR}/host_waiting.c
                  LIBS quern_host quern_jail)
  add_dependencies(test_${name} quern-python)
  target_compile_definitions(test_${name} PRIVATE
    QUERN_PYTHON="${Python3_EXECUTABLE}"
    QUERN_PYTHON_HOME="${python_home}"
    QUERN_PYTHON_LIB="python${Python3_VERSION_MAJOR}.${Python3_VERSION_MINOR}"
    QUERN_PYTHON_PROGRAM="$<TARGET_FILE:quern-python>")
endforeach()
quern_unit_test(host ${CMAKE_CURRENT_LIST_DIR}/test_host.c LIBS quern_host)
quern_unit_test(leisure ${CMAKE_CURRENT_LIST_DIR}/test_leisure.c ${CMAKE_SOURCE_DIR}/ops/python/leisure.c)
quern_unit_test(collapse ${CMAKE_CURRENT_LIST_DIR}/test_collapse.c ${CMAKE_SOURCE_DIR}/ops/python/collapse.c)
quern_unit_test(lend ${CMAKE_CURRENT_LIST_DIR}/test_lend.c ${CMAKE_CURRENT_LIST_DIR}/segment_sample.c
                ${CMAKE_SOURCE_DIR}/ops/python/lend.c LIBS quern_dataset)
