foreach(part storage storage_crash storage_drop catalogue)
  quern_unit_test(${part} ${CMAKE_CURRENT_LIST_DIR}/test_${part}.c ${CMAKE_CURRENT_LIST_DIR}/storage_scratch.c
                  LIBS quern_storage)
endforeach()
