quern_unit_test(jail_spawn ${CMAKE_CURRENT_LIST_DIR}/test_jail_spawn.c ${CMAKE_CURRENT_LIST_DIR}/jail_roles.c
                LIBS quern_jail)
quern_unit_test(jail ${CMAKE_CURRENT_LIST_DIR}/test_jail.c ${CMAKE_CURRENT_LIST_DIR}/jail_probes.c
                ${CMAKE_CURRENT_LIST_DIR}/jail_roles.c ${CMAKE_CURRENT_LIST_DIR}/jail_zygote.c LIBS quern_jail)
quern_unit_test(jail_level ${CMAKE_CURRENT_LIST_DIR}/test_jail_level.c LIBS quern_jail)
quern_unit_test(jail_limits ${CMAKE_CURRENT_LIST_DIR}/test_jail_limits.c ${CMAKE_CURRENT_LIST_DIR}/jail_roles.c
                ${CMAKE_CURRENT_LIST_DIR}/jail_zygote.c LIBS quern_jail)
quern_unit_test(jail_codec ${CMAKE_CURRENT_LIST_DIR}/test_jail_codec.c ${CMAKE_CURRENT_LIST_DIR}/jail_roles.c
                LIBS quern_jail PkgConfig::ZSTD)
quern_unit_test(jail_minimal ${CMAKE_CURRENT_LIST_DIR}/test_jail_minimal.c ${CMAKE_CURRENT_LIST_DIR}/jail_roles.c
                ${CMAKE_CURRENT_LIST_DIR}/jail_zygote.c LIBS quern_jail)
