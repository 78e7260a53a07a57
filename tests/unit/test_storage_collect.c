// SPDX-License-Identifier: Apache-2.0
// What is collected and, above all, what is not: the same in all back ends.
#include "storage_scratch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ops/storage/backend.h"

enum { HOUR_MS = 3600 * 1000 };

static struct storage_collected collect(struct storage *storage, struct storage_collect rules) {
    struct storage_collected collected = {0};
    struct err err = {0};
    rules.age_ms = HOUR_MS;
    if (storage_collect(storage, &rules, &collected, &err) < 0)
        fail_msg("%s", err.msg);
    return collected;
}

static bool is_there(struct storage *storage, const char *version) {
    struct storage_object object;
    struct err err;
    if (storage_get_version(storage, version, &object, &err) == 0) {
        close(object.fd);
        return true;
    }
    assert_int_equal(err.reason, REASON_NOT_FOUND);
    return false;
}

static void stage(struct storage *storage, const char *attempt, const char *text, char version[STORAGE_VERSION_BYTES]) {
    struct err err = {0};
    auto_fd int source = scratch_source(text);
    if (storage_stage(storage, attempt, source, version, &err) < 0)
        fail_msg("%s", err.msg);
}

struct outside {
    const char *versions[3];
    int result;
};

static int wanted(void *context, storage_want_fn *want, void *set, struct err *err) {
    const struct outside *outside = context;
    for (size_t i = 0; i < 3 && outside->versions[i]; i++)
        if (want(set, outside->versions[i]) < 0)
            return -1;
    return outside->result < 0 ? err_set(err, REASON_UNREACHABLE, "nobody knows") : 0;
}

static void m_what_somebody_wants_stays(void **state) {
    struct scratch *scratch = *state;
    char named[STORAGE_VERSION_BYTES], free_one[STORAGE_VERSION_BYTES], staged[STORAGE_VERSION_BYTES],
        kept[STORAGE_VERSION_BYTES], outer[STORAGE_VERSION_BYTES];
    struct storage *storage = scratch_store(scratch);
    scratch_name(storage, 1, "x", "named");
    scratch_put(storage, "named", named);
    scratch_put(storage, "nobody's", free_one);
    stage(storage, "a1", "staged", staged);
    stage(storage, "a2", "kept", kept);
    assert_int_equal(storage_commit(storage, "a2", "{}", NULL), 0);
    scratch_put(storage, "outer", outer);
    struct outside outside = {.versions = {"file-1-2-3-4-5", outer}};
    const struct storage_collect rules = {.budget = 100, .wanted = wanted, .context = &outside};
    struct storage_collected young = collect(storage, rules);
    assert_int_equal(young.objects + young.attempts + young.bytes, 0);
    scratch_age(scratch, 2ll * HOUR_MS);
    struct storage_collected old = collect(storage, rules);
    assert_int_equal(old.attempts, 1);
    scratch_age(scratch, 2ll * HOUR_MS);
    struct storage_collected older = collect(storage, rules);
    assert_int_equal(old.objects + older.objects, 2);
    assert_int_equal(old.bytes + older.bytes, strlen("nobody's") + strlen("staged"));
    assert_true(is_there(storage, named) && is_there(storage, kept) && is_there(storage, outer));
    assert_false(is_there(storage, free_one) || is_there(storage, staged));
    outside.versions[1] = NULL;
    scratch_age(scratch, 2ll * HOUR_MS);
    assert_int_equal(collect(storage, rules).objects, 1);
    assert_false(is_there(storage, outer));
    storage_close(storage);
}

static bool has_turn(struct storage *storage) {
    struct err err = {0};
    bool due = false;
    if (storage_collect_turn(storage, HOUR_MS, &due, &err) < 0)
        fail_msg("%s", err.msg);
    return due;
}

static void m_of_all_who_collect_one_has_the_turn(void **state) {
    struct scratch *scratch = *state;
    char version[STORAGE_VERSION_BYTES];
    struct storage *one = scratch_store(scratch), *other = scratch_store(scratch);
    if (!scratch->on_redis)
        assert_false(has_turn(one)); // there is no store yet, and none is made
    scratch_put(one, "text", version);
    assert_true(has_turn(one));
    assert_false(has_turn(one) || has_turn(other));
    scratch_age(scratch, HOUR_MS + 1000);
    assert_true(has_turn(other));
    assert_false(has_turn(one));
    scratch_age(scratch, -2ll * HOUR_MS); // a clock was put right
    assert_true(has_turn(one));
    struct err err;
    bool due;
    assert_int_equal(storage_collect_turn(one, UINT64_MAX, &due, &err), -1);
    assert_string_equal(err.msg, "collect: expected a time between two turns below 9223372036854775 ms, found "
                                 "18446744073709551615");
    storage_close(one);
    storage_close(other);
}

static void m_whoever_touches_an_object_has_time(void **state) {
    struct scratch *scratch = *state;
    char version[STORAGE_VERSION_BYTES];
    uint64_t bytes = 0;
    const struct storage_collect rules = {.budget = 100};
    struct storage *storage = scratch_store(scratch);
    scratch_put(storage, "text", version);
    scratch_age(scratch, 2ll * HOUR_MS);
    scratch_put(storage, "text", version);
    assert_int_equal(collect(storage, rules).objects, 0);
    scratch_age(scratch, 2ll * HOUR_MS);
    assert_int_equal(storage_keep(storage, "x", version, &bytes, NULL), 0);
    assert_int_equal(bytes, 4);
    assert_int_equal(collect(storage, rules).objects, 0);
    scratch_age(scratch, 2ll * HOUR_MS);
    assert_int_equal(storage_promote(storage, 1, &(struct storage_name){"x", version}, 1, NULL), 0);
    scratch_age(scratch, 2ll * HOUR_MS);
    scratch_name(storage, 2, "x", "another");
    assert_int_equal(collect(storage, rules).objects, 0); // the name has just left it
    assert_true(is_there(storage, version));
    scratch_age(scratch, 2ll * HOUR_MS);
    assert_int_equal(collect(storage, rules).objects, 1);
    assert_true(scratch_name_is(storage, "x", "another"));
    storage_close(storage);
}

static void m_an_attempt_that_goes_on_keeps_what_it_has(void **state) {
    struct scratch *scratch = *state;
    char first[STORAGE_VERSION_BYTES], second[STORAGE_VERSION_BYTES];
    const struct storage_collect rules = {.budget = 100};
    struct storage *storage = scratch_store(scratch);
    stage(storage, "a", "first", first);
    scratch_age(scratch, 2ll * HOUR_MS);
    stage(storage, "a", "second", second);
    struct storage_collected collected = collect(storage, rules);
    assert_int_equal(collected.objects + collected.attempts, 0);
    assert_true(is_there(storage, first) && is_there(storage, second));
    assert_int_equal(storage_commit(storage, "a", "{}", NULL), 0);
    scratch_age(scratch, 20ll * HOUR_MS);
    assert_int_equal(collect(storage, rules).objects, 0);
    storage_close(storage);
}

static void l_a_budget_is_kept(void **state) {
    struct scratch *scratch = *state;
    char version[STORAGE_VERSION_BYTES], text[16];
    struct storage *storage = scratch_store(scratch);
    for (int i = 0; i < 200; i++) {
        snprintf(text, sizeof text, "%d", i);
        if (i % 2)
            scratch_put(storage, text, version);
        else
            scratch_name(storage, 1, text, text);
    }
    scratch_age(scratch, 2ll * HOUR_MS);
    assert_int_equal(collect(storage, (struct storage_collect){.budget = 7}).objects, 7);
    assert_int_equal(collect(storage, (struct storage_collect){.budget = 90}).objects, 90);
    assert_int_equal(collect(storage, (struct storage_collect){.budget = 100}).objects, 3);
    for (int i = 0; i < 200; i += 2) {
        snprintf(text, sizeof text, "%d", i);
        assert_true(scratch_name_is(storage, text, text));
    }
    storage_close(storage);
}

static void f_nothing_is_collected_in_doubt(void **state) {
    struct err err;
    char version[STORAGE_VERSION_BYTES];
    struct storage_collected collected;
    struct outside outside = {.result = -1};
    struct storage *storage = scratch_store(*state);
    struct storage_collect rules = {
        .age_ms = STORAGE_MIN_AGE_MS - 1, .budget = 100, .wanted = wanted, .context = &outside};
    assert_int_equal(storage_collect(storage, &rules, &collected, &err), -1);
    assert_string_equal(err.msg, "collect: expected an age of 120000 ms or more, found 119999");
    assert_int_equal(err.reason, REASON_BAD_INPUT);
    scratch_put(storage, "text", version);
    scratch_age(*state, 2ll * HOUR_MS);
    rules.age_ms = HOUR_MS;
    assert_int_equal(storage_collect(storage, &rules, &collected, &err), -1);
    assert_string_equal(err.msg, "nobody knows");
    assert_true(is_there(storage, version));
    storage_close(storage);
}

static void b_a_store_that_is_not_there_has_nothing_to_collect(void **state) {
    struct storage *storage = scratch_store(*state);
    struct storage_collected collected = collect(storage, (struct storage_collect){.budget = 7});
    assert_int_equal(collected.objects + collected.attempts + collected.bytes, 0);
    assert_true(scratch_is_untouched(*state));
    storage_close(storage);
}

// Files that no put makes are not the collector's; temporary ones of the dead are.
static void f_only_our_own_files_go(void **state) {
    char version[STORAGE_VERSION_BYTES];
    struct storage *storage = scratch_store(*state);
    scratch_put(storage, "text", version);
    scratch_file(scratch_path(*state, "store/objects/README"), "mine");
    scratch_file(scratch_path(*state, "store/objects/sha256-12"), "mine");
    scratch_file(scratch_path(*state, "store/objects/.quern-tmp-0123456789abcdef"), "the dead one's");
    assert_int_equal(mkdir(scratch_path(*state, "store/objects/"
                                                "sha256-00000000000000000000000000000000000000000000000000000000000000"
                                                "00"),
                           0700),
                     0);
    scratch_age(*state, 2ll * HOUR_MS);
    assert_int_equal(collect(storage, (struct storage_collect){.budget = 100}).objects, 2);
    assert_int_equal(scratch_entries(scratch_path(*state, "store/objects")), 3);
    storage_close(storage);
}

/* ---- everybody at once ---- */

// The collector goes on until it has taken so many; a writer gives up after so many rounds.
enum { WRITERS = 4, TAKEN = 40, ROUNDS = 200000, AGE_MS = 20 };

// Puts and names, as often as it takes: who is slow finds that what he put is gone before it has its name. Some texts come
// again while they are taken, some never.
static void name_one(struct storage *storage, int writer, int round, struct pollfd *end) {
    char key[16], text[32], version[STORAGE_VERSION_BYTES];
    snprintf(key, sizeof key, "k%d", (writer + round) % 3);
    if (round % 4)
        snprintf(text, sizeof text, "%d", round * 31 % 47);
    else
        snprintf(text, sizeof text, "%d of %d", round, writer);
    const struct storage_name name = {key, version};
    for (struct err err = {0};;) {
        scratch_put(storage, text, version);
        if (round % 5 == writer)
            poll(end, 1, AGE_MS + round % 10);
        if (storage_promote(storage, STORAGE_UNFENCED, &name, 1, &err) == 0)
            return;
        if (err.reason != REASON_NOT_FOUND)
            _exit(2);
    }
}

// Until the other end of the pipe is closed.
static void write_on(const struct scratch *scratch, int writer, int pipe_end) {
    setenv("CMOCKA_TEST_ABORT", "1", 1);
    const struct storage_options options = {.url = scratch->url, .patience_ms = 60000};
    struct pollfd end = {.fd = pipe_end, .events = POLLIN};
    struct storage *storage = NULL;
    if (storage_open_with(&options, &storage, NULL) < 0)
        _exit(3);
    for (int round = 0; poll(&end, 1, 0) == 0; round++) {
        if (round == ROUNDS)
            _exit(4);
        name_one(storage, writer, round, &end);
    }
    storage_close(storage);
    _exit(0);
}

// Whatever a name says at one moment is there, or the name has moved on.
static void look(struct storage *storage) {
    for (int i = 0; i < 3; i++) {
        char key[16];
        struct storage_object object;
        struct err err = {0};
        snprintf(key, sizeof key, "k%d", i);
        if (scratch_get(storage, key, &object, &err) == 0)
            close(object.fd);
        else if (strstr(err.msg, ": no such key") == NULL)
            fail_msg("%s", err.msg);
    }
}

static void c_names_never_point_at_nothing(void **state) {
    pid_t pids[WRITERS];
    int ends[2], status;
    struct storage *storage = scratch_store(*state);
    assert_int_equal(pipe(ends), 0);
    for (int i = 0; i < WRITERS; i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0) {
            close(ends[1]);
            write_on(*state, i, ends[0]);
        }
    }
    for (uint64_t taken = 0; taken < TAKEN;) {
        auto_wanted struct wanted nobody = {0};
        struct storage_collected collected = {0};
        struct err err = {0};
        // Below the public call, so that hardly anything is too young: file systems tell times that are some ms apart.
        if (storage->backend->collect(storage, AGE_MS, 1000, &nobody, &collected, &err) < 0)
            fail_msg("%s", err.msg);
        taken += collected.objects;
        look(storage);
        assert_int_equal(waitpid(-1, &status, WNOHANG), 0);
    }
    close(ends[1]);
    close(ends[0]);
    for (int i = 0; i < WRITERS; i++) {
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    look(storage);
    storage_close(storage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_BOTH(m_what_somebody_wants_stays),
        ON_BOTH(m_whoever_touches_an_object_has_time),
        ON_BOTH(m_of_all_who_collect_one_has_the_turn),
        ON_BOTH(m_an_attempt_that_goes_on_keeps_what_it_has),
        ON_BOTH(l_a_budget_is_kept),
        ON_BOTH(f_nothing_is_collected_in_doubt),
        ON_BOTH(b_a_store_that_is_not_there_has_nothing_to_collect),
        ON(file, f_only_our_own_files_go),
        ON_BOTH(c_names_never_point_at_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, scratch_group_teardown);
}
