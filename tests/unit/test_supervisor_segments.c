// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/supervisor/segments.h"
#include "quern/memory.h"

static const struct supervisor_key a = {"sha256-a|*|1"}, b = {"sha256-b|*|1"}, c = {"sha256-c|*|1"};

static int setup(void **state) {
    struct segments *segments = malloc(sizeof *segments);
    segments_init(segments, 1000);
    *state = segments;
    return 0;
}

static int teardown(void **state) {
    segments_done(*state);
    free(*state);
    return 0;
}

static enum supervisor_segment_state reserve(struct segments *segments, uint32_t holder,
                                             const struct supervisor_key *key, int *ret_fd) {
    enum supervisor_segment_state state = 0;
    assert_int_equal(segments_reserve(segments, holder, key, &state, ret_fd, NULL), 0);
    return state;
}

static void load(struct segments *segments, uint32_t holder, const struct supervisor_key *key, uint64_t bytes) {
    int fd = -1;
    uint64_t waiters = 0;
    assert_int_equal(reserve(segments, holder, key, &fd), SUPERVISOR_LOAD);
    assert_int_equal(segments_grant(segments, holder, key, bytes, &fd, NULL), 0);
    assert_int_equal(memory_seal(fd, NULL), 0);
    assert_int_equal(segments_publish(segments, holder, key, -1, &fd, &waiters, NULL), 0);
}

static void b_one_decodes_the_others_wait_and_are_pinned(void **state) {
    struct segments *segments = *state;
    int fd = -1;
    uint64_t waiters = 0;
    assert_int_equal(reserve(segments, 0, &a, &fd), SUPERVISOR_LOAD);
    assert_int_equal(reserve(segments, 1, &a, &fd), SUPERVISOR_WAIT);
    assert_int_equal(reserve(segments, 2, &a, &fd), SUPERVISOR_WAIT);
    assert_int_equal(segments_grant(segments, 0, &a, 100, &fd, NULL), 0);
    assert_int_equal(memory_seal(fd, NULL), 0);
    assert_int_equal(segments_publish(segments, 0, &a, -1, &fd, &waiters, NULL), 0);
    assert_int_equal(waiters, 6);
    assert_int_equal(reserve(segments, 3, &a, &fd), SUPERVISOR_HIT);
    assert_int_equal(segments->used_bytes, 100);
}

static void c_a_dead_decoder_hands_over_to_the_next_waiter(void **state) {
    struct segments *segments = *state;
    int fd = -1;
    uint32_t next = 99;
    assert_int_equal(reserve(segments, 0, &a, &fd), SUPERVISOR_LOAD);
    assert_int_equal(reserve(segments, 5, &a, &fd), SUPERVISOR_WAIT);
    assert_int_equal(segments_grant(segments, 0, &a, 100, &fd, NULL), 0);
    assert_string_equal(segments_loading(segments, 0)->text, a.text);
    assert_int_equal(segments_abandon(segments, 0, &a, &next, NULL), 0);
    assert_int_equal(next, 5);
    assert_null(segments_loading(segments, 0));
    assert_int_equal(segments->used_bytes, 0);
    assert_int_equal(segments_grant(segments, 5, &a, 100, &fd, NULL), 0);
    assert_int_equal(segments_abandon(segments, 5, &a, &next, NULL), 0);
    assert_int_equal(next, UINT32_MAX);
    assert_int_equal(reserve(segments, 0, &a, &fd), SUPERVISOR_LOAD);
}

static void c_a_second_grant_takes_the_place_of_the_first(void **state) {
    struct segments *segments = *state;
    int first = -1, second = -1;
    uint64_t waiters = 0;
    assert_int_equal(reserve(segments, 0, &a, &first), SUPERVISOR_LOAD);
    assert_int_equal(segments_grant(segments, 0, &a, 600, &first, NULL), 0);
    assert_int_equal(write(first, "half", 4), 4);
    assert_int_equal(segments_grant(segments, 0, &a, 600, &second, NULL), 0);
    assert_int_equal(segments->used_bytes, 600);
    char bytes[4];
    assert_int_equal(pread(second, bytes, 4, 0), 4);
    assert_memory_equal(bytes, "\0\0\0\0", 4);
    assert_int_equal(memory_seal(second, NULL), 0);
    assert_int_equal(segments_publish(segments, 0, &a, -1, &second, &waiters, NULL), 0);
    assert_int_equal(segments->used_bytes, 600);
}

static void l_the_budget_is_kept_by_forgetting_the_longest_unused(void **state) {
    struct segments *segments = *state;
    int fd = -1;
    load(segments, 0, &a, 400);
    load(segments, 0, &b, 400);
    segments_release(segments, 0);
    assert_int_equal(reserve(segments, 1, &a, &fd), SUPERVISOR_HIT); // a is used again: b is the older one
    segments_release(segments, 1);
    load(segments, 0, &c, 500);
    assert_int_equal(segments->used_bytes, 900);
    assert_int_equal(reserve(segments, 1, &a, &fd), SUPERVISOR_HIT);
    assert_int_equal(reserve(segments, 1, &b, &fd), SUPERVISOR_LOAD);
}

static void l_pinned_segments_are_never_forgotten(void **state) {
    struct segments *segments = *state;
    struct err err;
    int fd = -1;
    load(segments, 0, &a, 800);
    assert_int_equal(reserve(segments, 1, &b, &fd), SUPERVISOR_LOAD);
    assert_int_equal(segments_grant(segments, 1, &b, 300, &fd, &err), -1);
    assert_string_equal(err.msg, "a dataset needs 300 bytes of memory, this host has 200 available");
    assert_int_equal(err.reason, REASON_LIMIT_MEMORY);
    segments_release(segments, 0);
    assert_int_equal(segments_grant(segments, 1, &b, 300, &fd, NULL), 0);
}

static void l_the_host_s_memory_bounds_a_segment_too(void **state) {
    struct segments *segments = *state;
    struct err err;
    int fd = -1;
    load(segments, 0, &a, 100);
    load(segments, 0, &b, 100);
    segments->free_bytes = 150;
    assert_int_equal(segments_available(segments), 150);
    segments_release(segments, 0);
    assert_int_equal(segments_available(segments), 350);
    assert_int_equal(reserve(segments, 1, &c, &fd), SUPERVISOR_LOAD);
    assert_int_equal(segments_grant(segments, 1, &c, 351, &fd, &err), -1);
    assert_string_equal(err.msg, "a dataset needs 351 bytes of memory, this host has 350 available");
    assert_int_equal(segments->used_bytes, 200); // refused before anything was forgotten
    assert_int_equal(segments_grant(segments, 1, &c, 200, &fd, NULL), 0);
    assert_int_equal(segments->used_bytes, 300);
    assert_int_equal(reserve(segments, 2, &b, &fd), SUPERVISOR_HIT);
}

static void f_an_unsealed_file_is_not_published(void **state) {
    struct segments *segments = *state;
    struct err err;
    int fd = -1;
    uint64_t waiters = 0;
    assert_int_equal(reserve(segments, 0, &a, &fd), SUPERVISOR_LOAD);
    assert_int_equal(segments_grant(segments, 0, &a, 100, &fd, NULL), 0);
    assert_int_equal(segments_publish(segments, 0, &a, -1, &fd, &waiters, &err), -1);
    assert_int_equal(err.reason, REASON_BAD_RESULT);
}

static void f_calls_out_of_order_are_refused(void **state) {
    struct segments *segments = *state;
    struct err err;
    int fd = -1;
    uint32_t next = 0;
    assert_int_equal(segments_grant(segments, 0, &a, 100, &fd, &err), -1);
    assert_string_equal(err.msg, "segment sha256-a|*|1 is not being loaded by worker 0");
    assert_int_equal(reserve(segments, 0, &a, &fd), SUPERVISOR_LOAD);
    assert_int_equal(segments_abandon(segments, 1, &a, &next, &err), -1);
    assert_int_equal(err.reason, REASON_BUG);
}

static void b_a_kept_result_is_a_hit_for_the_next_job(void **state) {
    struct segments *segments = *state;
    int fd = memory_new("test", 10, NULL);
    assert_int_equal(memory_seal(fd, NULL), 0);
    assert_int_equal(segments_keep(segments, 0, &a, fd, NULL), 0);
    segments_release(segments, 0);
    assert_int_equal(reserve(segments, 1, &a, &fd), SUPERVISOR_HIT);
    assert_int_equal(segments->used_bytes, 10);
}

static void l_a_result_is_kept_within_the_budget(void **state) {
    struct segments *segments = *state;
    struct err err;
    int fd = memory_new("test", 300, NULL);
    assert_int_equal(memory_seal(fd, NULL), 0);
    load(segments, 0, &a, 800);
    assert_int_equal(segments_keep(segments, 1, &b, fd, &err), -1);
    assert_string_equal(err.msg, "a dataset needs 300 bytes of memory, this host has 200 available");
    assert_int_equal(segments->used_bytes, 800);
    assert_int_equal(reserve(segments, 1, &b, &fd), SUPERVISOR_LOAD);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(b_one_decodes_the_others_wait_and_are_pinned),
        CASE(c_a_dead_decoder_hands_over_to_the_next_waiter),
        CASE(c_a_second_grant_takes_the_place_of_the_first),
        CASE(l_the_budget_is_kept_by_forgetting_the_longest_unused),
        CASE(l_pinned_segments_are_never_forgotten),
        CASE(l_the_host_s_memory_bounds_a_segment_too),
        CASE(f_an_unsealed_file_is_not_published),
        CASE(f_calls_out_of_order_are_refused),
        CASE(l_a_result_is_kept_within_the_budget),
        CASE(b_a_kept_result_is_a_hit_for_the_next_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
