// SPDX-License-Identifier: Apache-2.0
// A store on Redis under kill -9 of its client at every step, and of Redis itself in the middle.
#include "storage_scratch.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ops/storage/storage_redis.h"
#include "quern/memory.h"

enum { MIB = 1 << 20, LARGE = 10 * MIB, MANY = 100, HOUR_MS = 3600 * 1000 };

#define P "quern:store:{default}"

static int source_of(size_t bytes, char fill) {
    int fd = memory_new("large", bytes, NULL);
    assert_true(fd >= 0);
    char *place = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(place, MAP_FAILED);
    memset(place, fill, bytes);
    munmap(place, bytes);
    return fd;
}

static struct storage *patient_store(const struct scratch *scratch, void (*checkpoint)(void *context), void *context) {
    const struct storage_options options = {.url = scratch->url, .patience_ms = 20000};
    struct storage *storage = NULL;
    assert_int_equal(storage_open_with(&options, &storage, NULL), 0);
    struct storage_redis *store = (struct storage_redis *)(void *)storage;
    store->checkpoint = checkpoint;
    store->context = context;
    return storage;
}

static long long number(const char *command) { return redis_number(scratch_server(), "%s", command); }

static void assert_whole(struct storage *storage, const char *version) {
    struct storage_object object;
    struct err err = {0};
    if (storage_get_version(storage, version, &object, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(object.bytes, LARGE);
    close(object.fd);
}

static struct storage_collected collect(struct storage *storage) {
    const struct storage_collect rules = {.age_ms = HOUR_MS, .budget = 1000};
    struct storage_collected collected = {0};
    struct err err = {0};
    if (storage_collect(storage, &rules, &collected, &err) < 0)
        fail_msg("%s", err.msg);
    return collected;
}

// Only what counts and remembers is left: no chunk, no manifest, no upload, no attempt.
static void assert_empty(void) {
    redisReply *keys = redisCommand(scratch_server()->raw, "KEYS " P ":*");
    assert_non_null(keys);
    for (size_t i = 0; i < keys->elements; i++) {
        const char *key = keys->element[i]->str + strlen(P);
        if (strcmp(key, ":used") != 0 && strncmp(key, ":done:", 6) != 0)
            fail_msg("%s is left", keys->element[i]->str);
    }
    freeReplyObject(keys);
    assert_true(number("EXISTS " P ":used") == 0 || number("INCRBY " P ":used 0") == 0);
}

/* ---- kill -9 of the client ---- */

struct scene {
    struct scratch *scratch;
    struct fuse fuse;
    const char *attempt; // NULL: put
};

static void put_and_die(void *context) {
    struct scene *scene = context;
    char version[STORAGE_VERSION_BYTES];
    struct storage *storage = patient_store(scene->scratch, fuse_burn, &scene->fuse);
    auto_fd int source = source_of(LARGE, 'x');
    if (scene->attempt ? storage_stage(storage, scene->attempt, source, version, NULL) < 0
                       : storage_put(storage, source, version, NULL) < 0)
        _exit(1);
    storage_close(storage);
}

static void kill_everywhere(void **state, const char *attempt) {
    char version[STORAGE_VERSION_BYTES];
    int without = 0;
    free(redis_text(scratch_server(), "CONFIG SET appendfsync no"));
    struct storage *storage = scratch_store(*state);
    auto_fd int source = source_of(LARGE, 'x');
    for (int n = 1;; n++) {
        assert_true(n < MANY);
        struct scene scene = {*state, {n}, attempt};
        bool ended = scratch_child(put_and_die, &scene);
        bool there = number("ZCARD " P ":objects") == 1;
        assert_true(there || !ended);
        assert_int_equal(collect(storage).objects, 0); // nothing is taken from who may be alive
        if (there)
            scratch_put(storage, "another", version);
        assert_int_equal(storage_put(storage, source, version, NULL), 0);
        assert_whole(storage, version);
        scratch_age(*state, 2ll * HOUR_MS);
        collect(storage); // an attempt that is given up leaves its objects an age of their own
        scratch_age(*state, 2ll * HOUR_MS);
        collect(storage);
        assert_empty();
        without += !there;
        if (ended)
            break;
    }
    assert_true(without >= LARGE / MIB);
    free(redis_text(scratch_server(), "CONFIG SET appendfsync always"));
    storage_close(storage);
}

static void c_a_put_killed_anywhere_is_nothing_or_whole(void **state) { kill_everywhere(state, NULL); }

static void c_an_attempt_killed_anywhere_is_given_up(void **state) { kill_everywhere(state, "a1"); }

static void get_and_die(void *context) {
    struct scene *scene = context;
    struct storage_object object;
    struct storage *storage = patient_store(scene->scratch, fuse_burn, &scene->fuse);
    if (storage_get_version(storage, scene->attempt, &object, NULL) < 0)
        _exit(1);
    close(object.fd);
    storage_close(storage);
}

static void c_a_reader_that_dies_holds_nothing(void **state) {
    char version[STORAGE_VERSION_BYTES];
    struct storage *storage = scratch_store(*state);
    auto_fd int source = source_of(LARGE, 'x');
    assert_int_equal(storage_put(storage, source, version, NULL), 0);
    scratch_age(*state, 2ll * HOUR_MS);
    struct scene scene = {*state, {1}, version};
    assert_false(scratch_child(get_and_die, &scene));
    assert_int_equal(collect(storage).objects, 0); // it might be alive
    scratch_age(*state, 2ll * HOUR_MS);
    assert_int_equal(collect(storage).objects, 1);
    assert_empty();
    storage_close(storage);
}

/* ---- somebody else at every step ---- */

struct intruder {
    const struct scratch *scratch;
    int steps;
    void (*act)(const struct scratch *scratch);
};

static void step(void *context) {
    struct intruder *intruder = context;
    if (--intruder->steps == 0)
        intruder->act(intruder->scratch);
}

static void crash_redis(const struct scratch *scratch) {
    struct redis_server *server = scratch_server();
    (void)scratch;
    redis_server_crash(server);
    redis_server_again(server);
}

// Somebody with a clock that is far ahead, who takes all that is not named.
static void collect_all(const struct scratch *scratch) {
    struct storage *other = scratch_store(scratch);
    scratch_age(scratch, 2ll * HOUR_MS);
    collect(other);
    storage_close(other);
}

static int puts_with(const struct scratch *scratch, void (*act)(const struct scratch *scratch)) {
    for (int n = 1;; n++) {
        char version[STORAGE_VERSION_BYTES];
        struct err err = {0};
        struct intruder intruder = {scratch, n, act};
        free(redis_text(scratch_server(), "FLUSHALL"));
        struct storage *storage = patient_store(scratch, step, &intruder);
        auto_fd int source = source_of(LARGE, (char)n);
        if (storage_put(storage, source, version, &err) < 0)
            fail_msg("step %d: %s", n, err.msg);
        storage_close(storage);
        struct storage *quiet = scratch_store(scratch);
        if (n <= LARGE / MIB + 1) // after the last step there is nothing left to repeat
            assert_whole(quiet, version);
        scratch_age(scratch, 2ll * HOUR_MS);
        collect(quiet);
        assert_empty();
        storage_close(quiet);
        if (intruder.steps > 0)
            return n;
    }
}

static void c_redis_killed_while_bytes_go_there(void **state) { assert_true(puts_with(*state, crash_redis) > 10); }

static void c_an_upload_that_was_given_up_is_sent_again(void **state) {
    free(redis_text(scratch_server(), "CONFIG SET appendfsync no"));
    assert_true(puts_with(*state, collect_all) > 10);
}

static void c_redis_killed_while_bytes_come_back(void **state) {
    char version[STORAGE_VERSION_BYTES];
    struct storage *storage = scratch_store(*state);
    auto_fd int source = source_of(LARGE, 'x');
    assert_int_equal(storage_put(storage, source, version, NULL), 0);
    struct intruder intruder = {*state, 1, crash_redis};
    struct storage *reader = patient_store(*state, step, &intruder);
    assert_whole(reader, version);
    assert_true(intruder.steps <= 0);
    storage_close(reader);
    assert_whole(storage, version); // whose connection is of the time before
    storage_close(storage);
}

static void c_what_is_read_is_not_collected(void **state) {
    char version[STORAGE_VERSION_BYTES];
    struct storage *storage = scratch_store(*state);
    auto_fd int source = source_of(LARGE, 'x');
    assert_int_equal(storage_put(storage, source, version, NULL), 0);
    struct intruder intruder = {*state, 1, collect_all};
    struct storage_object object;
    struct err err;
    struct storage *reader = patient_store(*state, step, &intruder);
    // With a clock that is far ahead it is: then it is not there, and not damaged.
    assert_int_equal(storage_get_version(reader, version, &object, &err), -1);
    assert_int_equal(err.reason, REASON_NOT_FOUND);
    assert_empty();
    storage_close(reader);
    storage_close(storage);
}

static void c_a_late_chunk_ends_by_itself(void **state) {
    struct storage *storage = scratch_store(*state);
    struct scene scene = {*state, {6}, NULL};
    assert_false(scratch_child(put_and_die, &scene));
    redisReply *keys = redisCommand(scratch_server()->raw, "KEYS " P ":chunk:*");
    assert_non_null(keys);
    assert_true(keys->elements >= 4);
    for (size_t i = 0; i < keys->elements; i++) {
        long long left = redis_number(scratch_server(), "PTTL %s", keys->element[i]->str);
        assert_true(left > 0 && left <= 6ll * HOUR_MS);
    }
    freeReplyObject(keys);
    storage_close(storage);
}

/* ---- a step that was done, and whose answer is lost ---- */

struct unheard {
    const char *version; // of what is put
    int steps;
};

// Chunk and end in the writer's place, which then finds its connection closed: as if it had asked and not been answered.
static void finish_unheard(void *context) {
    struct unheard *unheard = context;
    const struct script *finish = &storage_scripts[SCRIPT_FINISH];
    if (--unheard->steps != 0)
        return;
    redisReply *uploads = redisCommand(scratch_server()->raw, "ZRANGE " P ":uploads 0 0");
    assert_non_null(uploads);
    assert_int_equal(uploads->elements, 1);
    const char *upload = uploads->element[0]->str;
    free(redis_text(scratch_server(), "SET " P ":chunk:%s:0 unheard PX 1000000", upload));
    redisReply *reply = redisCommand(scratch_server()->raw, "EVAL %b 1 " P " %s %s 7 1048576 a1", finish->code,
                                     finish->bytes, upload, unheard->version);
    assert_non_null(reply);
    assert_int_equal(reply->type, REDIS_REPLY_ARRAY);
    freeReplyObject(reply);
    freeReplyObject(uploads);
    assert_true(number("CLIENT KILL TYPE normal") > 0);
}

static void r_a_put_whose_end_was_not_heard_stays_whole(void **state) {
    char version[STORAGE_VERSION_BYTES], again[STORAGE_VERSION_BYTES];
    struct storage *quiet = scratch_store(*state);
    scratch_put(quiet, "unheard", version);
    free(redis_text(scratch_server(), "FLUSHALL"));
    struct unheard unheard = {version, 2}; // behind reserve and the only chunk
    struct storage *storage = patient_store(*state, finish_unheard, &unheard);
    auto_fd int source = scratch_source("unheard");
    struct err err = {0};
    if (storage_stage(storage, "a1", source, again, &err) < 0)
        fail_msg("%s", err.msg);
    assert_true(unheard.steps < 0);
    assert_string_equal(again, version);
    char *upload = redis_text(scratch_server(), "HGET " P ":object:%s upload", version);
    assert_int_equal(redis_number(scratch_server(), "PTTL " P ":chunk:%s:0", upload), -1);
    free(upload);
    assert_int_equal(number("ZCARD " P ":uploads"), 0);
    assert_int_equal(number("INCRBY " P ":used 0"), 7);
    storage_close(storage);
    storage_close(quiet);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_redis_setup, scratch_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(c_a_put_killed_anywhere_is_nothing_or_whole),
        TEST(c_an_attempt_killed_anywhere_is_given_up),
        TEST(c_a_reader_that_dies_holds_nothing),
        TEST(c_redis_killed_while_bytes_go_there),
        TEST(c_an_upload_that_was_given_up_is_sent_again),
        TEST(c_redis_killed_while_bytes_come_back),
        TEST(c_what_is_read_is_not_collected),
        TEST(c_a_late_chunk_ends_by_itself),
        TEST(r_a_put_whose_end_was_not_heard_stays_whole),
    };
    return cmocka_run_group_tests(tests, NULL, scratch_group_teardown);
}
