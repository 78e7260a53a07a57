quern_unit_test(supervisor_segments ${CMAKE_CURRENT_LIST_DIR}/test_supervisor_segments.c
                ${CMAKE_SOURCE_DIR}/daemon/supervisor/segments.c)
quern_unit_test(host_memory ${CMAKE_CURRENT_LIST_DIR}/test_host_memory.c ${CMAKE_SOURCE_DIR}/daemon/supervisor/host_memory.c)
quern_unit_test(spool ${CMAKE_CURRENT_LIST_DIR}/test_spool.c ${CMAKE_SOURCE_DIR}/daemon/worker/spool.c)
set(worker ${CMAKE_SOURCE_DIR}/daemon/worker)
set(tree ${worker}/tree_watch.c ${worker}/tree_usage.c ${worker}/tree_mappings.c ${worker}/tree_processes.c)
quern_unit_test(child ${CMAKE_CURRENT_LIST_DIR}/test_child.c ${worker}/child.c ${worker}/child_memory.c ${worker}/spool.c
                ${worker}/supervisor_calls.c ${worker}/tree_guard.c ${tree}
                ${worker}/cgroup_usage.c ${worker}/cpu_book.c ${worker}/work_usage.c
                LIBS quern_run quern_job quern_host Threads::Threads)
quern_unit_test(news ${CMAKE_CURRENT_LIST_DIR}/test_news.c ${CMAKE_SOURCE_DIR}/daemon/worker/news.c LIBS quern_queue_tested)
quern_unit_test(supervisor ${CMAKE_CURRENT_LIST_DIR}/test_supervisor.c LIBS quern_run)
quern_unit_test(supervisor_zygotes ${CMAKE_CURRENT_LIST_DIR}/test_supervisor_zygotes.c LIBS quern_run)
quern_unit_test(quernd ${CMAKE_CURRENT_LIST_DIR}/test_quernd.c LIBS quern_quernd quern_keeper_parts)

# Workers of a real quernd that die, or sleep too long, at each failpoint.
add_test(NAME module_fleet_kill COMMAND ${Python3_EXECUTABLE} -m pytest -q -p no:cacheprovider
         ${CMAKE_SOURCE_DIR}/tests/module/test_fleet_kill.py)
set_tests_properties(module_fleet_kill PROPERTIES ENVIRONMENT "QUERN_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")

quern_unit_test(requests ${CMAKE_CURRENT_LIST_DIR}/test_requests.c ${CMAKE_SOURCE_DIR}/daemon/worker/requests.c
                ${CMAKE_SOURCE_DIR}/daemon/worker/kept.c ${CMAKE_SOURCE_DIR}/daemon/worker/payload.c ${CMAKE_SOURCE_DIR}/daemon/worker/listing.c ${CMAKE_SOURCE_DIR}/daemon/worker/attempt.c
                ${CMAKE_SOURCE_DIR}/daemon/worker/report.c ${CMAKE_SOURCE_DIR}/daemon/worker/spool.c
                LIBS quern_storage_tested quern_job quern_host PkgConfig::JANSSON m)
quern_unit_test(cgroups ${CMAKE_CURRENT_LIST_DIR}/test_cgroups.c ${tree} ${worker}/work_usage.c
                ${CMAKE_SOURCE_DIR}/daemon/worker/cgroup_usage.c
                ${CMAKE_SOURCE_DIR}/daemon/worker/cpu_book.c LIBS quern_run quern_jail)
quern_unit_test(tree_watch ${CMAKE_CURRENT_LIST_DIR}/test_tree_watch.c ${tree} ${worker}/work_usage.c
                ${worker}/cgroup_usage.c ${worker}/cpu_book.c LIBS quern_run quern_jail)
quern_unit_test(cpu_book ${CMAKE_CURRENT_LIST_DIR}/test_cpu_book.c ${CMAKE_SOURCE_DIR}/daemon/worker/cpu_book.c)
