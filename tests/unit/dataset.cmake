quern_unit_test(segment ${CMAKE_CURRENT_LIST_DIR}/test_segment.c LIBS quern_dataset)
quern_unit_test(bits ${CMAKE_CURRENT_LIST_DIR}/test_bits.c LIBS quern_dataset)
quern_unit_test(arff ${CMAKE_CURRENT_LIST_DIR}/test_arff.c LIBS quern_dataset)
quern_unit_test(profile ${CMAKE_CURRENT_LIST_DIR}/test_profile.c ${CMAKE_CURRENT_LIST_DIR}/segment_sample.c
                LIBS quern_dataset PkgConfig::JANSSON m)
add_executable(segment_dump ${CMAKE_CURRENT_LIST_DIR}/segment_dump.c)
target_link_libraries(segment_dump PRIVATE quern_dataset quern_base)
set(module ${CMAKE_SOURCE_DIR}/tests/module)
add_test(NAME module_dataset_read COMMAND ${Python3_EXECUTABLE} -m pytest -q -p no:cacheprovider
         ${module}/test_golden.py ${module}/test_arrow_read.py ${module}/test_arrow_treatment.py
         ${module}/test_arrow_codes.py ${module}/test_arrow_choice.py ${module}/test_arrow_refused.py)
set_tests_properties(module_dataset_read PROPERTIES ENVIRONMENT
                                "QUERN_BIN=${CMAKE_BINARY_DIR}/bin;PYTHONDONTWRITEBYTECODE=1")
