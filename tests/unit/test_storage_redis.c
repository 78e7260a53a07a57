// SPDX-License-Identifier: Apache-2.0
// What only a store on Redis has: chunks, a budget, a server that is full, wrong or damaged, and a room for several stores.
#include "storage_scratch.h"

#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ops/storage/storage_redis.h"
#include "quern/memory.h"

enum { MIB = 1 << 20 };

#define P "quern:store:{default}"
#define HELLO "sha256-2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

// A memory file whose every eight bytes say where they are.
static int large_source(size_t bytes) {
    int fd = memory_new("large", bytes, NULL);
    assert_true(fd >= 0);
    uint64_t *words = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(words, MAP_FAILED);
    for (size_t i = 0; i < bytes / sizeof *words; i++)
        words[i] = i;
    munmap(words, bytes);
    return fd;
}

static void put(struct storage *storage, size_t bytes, char version[STORAGE_VERSION_BYTES]) {
    struct err err = {0};
    auto_fd int source = large_source(bytes);
    if (storage_put(storage, source, version, &err) < 0)
        fail_msg("%s", err.msg);
}

static int try_put(struct storage *storage, size_t bytes, struct err *err) {
    char version[STORAGE_VERSION_BYTES];
    auto_fd int source = large_source(bytes);
    return storage_put(storage, source, version, err);
}

static void assert_back(struct storage *storage, const char *version, size_t bytes) {
    struct storage_object object;
    struct err err = {0};
    uint64_t sealed = 0;
    if (storage_get_version(storage, version, &object, &err) < 0)
        fail_msg("%s", err.msg);
    auto_fd int fd = object.fd;
    assert_int_equal(object.bytes, bytes);
    assert_int_equal(memory_check(fd, bytes, &sealed, NULL), 0);
    assert_int_equal(sealed, bytes);
    auto_fd int source = large_source(bytes);
    void *expected = mmap(NULL, bytes, PROT_READ, MAP_SHARED, source, 0);
    void *found = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
    assert_true(expected != MAP_FAILED && found != MAP_FAILED);
    assert_memory_equal(found, expected, bytes);
    munmap(found, bytes);
    munmap(expected, bytes);
}

static long long number(const char *command) { return redis_number(scratch_server(), "%s", command); }

static long long chunks(void) {
    long long count = 0;
    redisReply *keys = redisCommand(scratch_server()->raw, "KEYS " P ":chunk:*");
    assert_non_null(keys);
    count = (long long)keys->elements;
    freeReplyObject(keys);
    return count;
}

// The chunk's key, in a static buffer.
static const char *chunk(const char *version, int index) {
    static char key[STORAGE_REDIS_KEY_BYTES];
    char *upload = redis_text(scratch_server(), "HGET " P ":object:%s upload", version);
    assert_non_null(upload);
    snprintf(key, sizeof key, P ":chunk:%s:%d", upload, index);
    free(upload);
    return key;
}

static void config(const char *name, const char *value) {
    free(redis_text(scratch_server(), "CONFIG SET %s %s", name, value));
}

/* ---- chunks ---- */

static void b_large_objects_are_chunks_and_come_back_whole(void **state) {
    char version[STORAGE_VERSION_BYTES];
    struct storage *storage = scratch_store(*state);
    const size_t sizes[] = {8, MIB - 8, MIB, MIB + 8, 20 * MIB + 24};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        put(storage, sizes[i], version);
        assert_back(storage, version, sizes[i]);
    }
    assert_int_equal(chunks(), 1 + 1 + 1 + 2 + 21);
    assert_int_equal(redis_number(scratch_server(), "STRLEN %s", chunk(version, 20)), 24);
    assert_int_equal(redis_number(scratch_server(), "PTTL %s", chunk(version, 20)), -1);
    storage_close(storage);
}

static void b_the_same_bytes_are_there_once(void **state) {
    char version[STORAGE_VERSION_BYTES];
    struct storage_usage usage;
    struct storage *storage = scratch_store(*state);
    for (int i = 0; i < 3; i++)
        put(storage, 3 * MIB, version);
    assert_int_equal(chunks(), 3);
    assert_int_equal(number("ZCARD " P ":uploads"), 0);
    assert_int_equal(number("ZCARD " P ":objects"), 1);
    assert_int_equal(storage_usage(storage, &usage, NULL), 0);
    assert_int_equal(usage.used_bytes, 3 * MIB);
    storage_close(storage);
}

static void b_a_prefix_is_another_store(void **state) {
    struct err err;
    struct storage *first = scratch_store(*state), *second = NULL, *bad = NULL;
    char url[200];
    snprintf(url, sizeof url, "%s?prefix=another", ((struct scratch *)*state)->url);
    assert_int_equal(storage_open(url, &second, NULL), 0);
    scratch_name(first, 1, "x", "one");
    scratch_name(second, 1, "x", "two");
    assert_true(scratch_name_is(first, "x", "one"));
    assert_true(scratch_name_is(second, "x", "two"));
    assert_int_equal(number("EXISTS quern:store:{another}:names"), 1);
    snprintf(url, sizeof url, "%s?prefix=a{b", ((struct scratch *)*state)->url);
    assert_int_equal(storage_open(url, &bad, &err), -1);
    assert_int_equal(err.reason, REASON_CONFIG);
    storage_close(first);
    storage_close(second);
}

static void f_passwords_do_not_stand_in_urls(void **state) {
    struct err err;
    struct storage *storage = NULL;
    (void)state;
    assert_int_equal(storage_open("redis://me:secret@host", &storage, &err), -1);
    assert_int_equal(err.reason, REASON_CONFIG);
    assert_null(strstr(err.msg, "secret"));
    assert_int_equal(storage_open("redis://me@host", &storage, &err), -1);
    assert_string_equal(err.msg, "store URL: the user me needs a password");
    assert_int_equal(storage_open("rediss://host", &storage, &err), -1);
    assert_string_equal(err.msg, "store URL rediss://host: built without TLS; use a unix socket or a local TLS proxy "
                                 "such as stunnel");
}

static void b_a_password_is_used(void **state) {
    struct err err;
    char version[STORAGE_VERSION_BYTES];
    const struct storage_options options = {.url = ((struct scratch *)*state)->url, .password = "sesame"};
    struct storage *storage = NULL, *without = scratch_store(*state);
    config("requirepass", "sesame");
    assert_int_equal(storage_open_with(&options, &storage, NULL), 0);
    scratch_put(storage, "hello", version);
    assert_int_equal(try_put(without, 8, &err), -1);
    assert_int_equal(err.reason, REASON_DENIED);
    free(redis_text(scratch_server(), "AUTH sesame"));
    free(redis_text(scratch_server(), "CONFIG RESETSTAT"));
    redisReply *reset = redisCommand(scratch_server()->raw, "CONFIG SET requirepass %s", "");
    freeReplyObject(reset);
    storage_close(storage);
    storage_close(without);
}

/* ---- room ---- */

static void l_a_budget_refuses_what_is_beyond_it(void **state) {
    struct err err;
    char version[STORAGE_VERSION_BYTES];
    struct storage_usage usage;
    struct storage *storage = scratch_store(*state);
    assert_int_equal(storage_set_budget(storage, 5 * MIB, NULL), 0);
    put(storage, 3 * MIB, version);
    assert_int_equal(try_put(storage, 4 * MIB, &err), -1);
    assert_int_equal(err.reason, REASON_UNWRITABLE);
    assert_string_equal(err.msg, "store: its budget of 5.0 MiB has no room for 4.0 MiB, 3.0 MiB are in use: remove "
                                 "datasets, and have the store collected, or raise its budget");
    assert_int_equal(chunks(), 3);
    assert_int_equal(number("ZCARD " P ":uploads"), 0);
    assert_back(storage, version, 3 * MIB);
    put(storage, 2 * MIB, version);
    assert_int_equal(storage_usage(storage, &usage, NULL), 0);
    assert_int_equal(usage.used_bytes, 5 * MIB);
    assert_int_equal(usage.budget_bytes, 5 * MIB);
    struct storage *other = scratch_store(*state);
    assert_int_equal(try_put(other, 8, &err), -1);
    assert_int_equal(storage_set_budget(storage, 0, NULL), 0);
    assert_int_equal(try_put(other, 8, &err), 0);
    storage_close(other);
    storage_close(storage);
}

struct growing {
    int fd;
    int steps;
};

static void grow(void *context) {
    struct growing *growing = context;
    static char more[MIB];
    if (growing->steps-- > 0)
        assert_int_equal(write(growing->fd, more, sizeof more), MIB);
}

// A file that somebody appends to: its budget is asked for as it grows.
static void l_a_source_that_grows_is_bounded_too(void **state) {
    struct err err;
    char version[STORAGE_VERSION_BYTES];
    struct storage *storage = scratch_store(*state);
    struct storage_redis *store = (struct storage_redis *)(void *)storage;
    auto_file FILE *file = tmpfile();
    struct growing growing = {fileno(file), 4};
    store->checkpoint = grow;
    store->context = &growing;
    assert_int_equal(storage_put(storage, growing.fd, version, NULL), 0);
    assert_int_equal(chunks(), 4);
    assert_int_equal(storage_set_budget(storage, 6 * MIB, NULL), 0);
    growing.steps = 4;
    assert_int_equal(storage_put(storage, growing.fd, version, &err), -1);
    assert_int_equal(err.reason, REASON_UNWRITABLE);
    assert_int_equal(chunks(), 4);
    assert_int_equal(number("GET " P ":used"), 0);
    storage_close(storage);
}

static void l_a_full_redis_refuses_bytes_and_takes_names(void **state) {
    struct err err;
    char version[STORAGE_VERSION_BYTES];
    struct storage *storage = scratch_store(*state);
    put(storage, 3 * MIB, version);
    put(storage, 2 * MIB, version);
    scratch_age(*state, 3600 * 1000);
    config("maxmemory", "1mb");
    assert_int_equal(try_put(storage, 4 * MIB, &err), -1);
    assert_int_equal(err.reason, REASON_LIMIT_DISK);
    assert_string_equal(err.msg, "store: Redis is full; remove datasets, and have the store collected, or raise "
                                 "maxmemory");
    assert_int_equal(chunks(), 5);
    assert_int_equal(number("ZCARD " P ":uploads"), 0);
    assert_back(storage, version, 2 * MIB);
    assert_int_equal(storage_promote(storage, 1, &(struct storage_name){"x", version}, 1, &err), 0);
    const char *const gone = "x";
    assert_int_equal(storage_remove(storage, STORAGE_UNFENCED, &gone, 1, NULL), 0);
    const struct storage_collect rules = {.age_ms = STORAGE_MIN_AGE_MS, .budget = 10};
    struct storage_collected collected;
    assert_int_equal(storage_collect(storage, &rules, &collected, NULL), 0);
    assert_int_equal(collected.bytes, 3 * MIB);
    config("maxmemory", "0");
    put(storage, 4 * MIB, version);
    storage_close(storage);
}

static void f_a_redis_that_drops_keys_is_refused(void **state) {
    struct err err;
    struct storage *storage = scratch_store(*state);
    config("maxmemory-policy", "allkeys-lru");
    assert_int_equal(try_put(storage, 8, &err), -1);
    assert_int_equal(err.reason, REASON_CONFIG);
    assert_string_equal(err.msg, "store: Redis drops keys when memory ends (maxmemory-policy is allkeys-lru), and "
                                 "datasets with them; set maxmemory-policy noeviction");
    config("maxmemory-policy", "noeviction");
    assert_int_equal(try_put(storage, 8, &err), 0);
    storage_close(storage);
}

static void f_a_replica_is_not_written_to(void **state) {
    struct err err;
    struct storage_object object;
    char version[STORAGE_VERSION_BYTES];
    struct storage *storage = scratch_store(*state);
    scratch_put(storage, "hello", version);
    free(redis_text(scratch_server(), "REPLICAOF 127.0.0.1 1"));
    assert_int_equal(try_put(storage, 8, &err), -1);
    assert_int_equal(err.reason, REASON_UNWRITABLE);
    assert_non_null(strstr(err.msg, "READONLY"));
    assert_int_equal(storage_get_version(storage, version, &object, &err), -1);
    assert_int_equal(err.reason, REASON_UNWRITABLE);
    free(redis_text(scratch_server(), "REPLICAOF NO ONE"));
    assert_int_equal(try_put(storage, 8, &err), 0);
    storage_close(storage);
}

static void l_a_silent_redis_is_not_waited_for_for_ever(void **state) {
    struct err err;
    const struct storage_options options = {.url = ((struct scratch *)*state)->url, .timeout_ms = 200};
    struct storage *storage = NULL;
    char expected[200];
    assert_int_equal(storage_open_with(&options, &storage, NULL), 0);
    assert_int_equal(try_put(storage, 8, &err), 0);
    assert_int_equal(kill(scratch_server()->pid, SIGSTOP), 0);
    assert_int_equal(try_put(storage, 4 * MIB, &err), -1);
    assert_int_equal(err.reason, REASON_UNREACHABLE);
    snprintf(expected, sizeof expected, "Redis at %s: no answer in time", scratch_server()->socket);
    assert_string_equal(err.msg, expected);
    assert_int_equal(kill(scratch_server()->pid, SIGCONT), 0);
    struct storage *patient = scratch_store(*state);
    assert_int_equal(try_put(patient, 4 * MIB, &err), 0);
    storage_close(patient);
    storage_close(storage);
}

/* ---- damage ---- */

static void expect_damage(struct storage *storage, const char *version, const char *message) {
    struct err err;
    struct storage_object object;
    assert_int_equal(storage_get_version(storage, version, &object, &err), -1);
    assert_string_equal(err.msg, message);
    assert_int_equal(err.reason, REASON_INFRA);
}

// "store: version VERSION is damaged: chunk 4 of 12 …"
static void expect_chunk(struct storage *storage, const char *version) {
    char message[300];
    snprintf(message, sizeof message, "store: version %s is damaged: chunk 4 of 12 is not there as it should be",
             version);
    expect_damage(storage, version, message);
}

static void f_damaged_objects_are_errors(void **state) {
    char version[STORAGE_VERSION_BYTES];
    struct storage *storage = scratch_store(*state);
    put(storage, 12 * MIB, version);
    redis_number(scratch_server(), "SETRANGE %s 1000 x", chunk(version, 3));
    struct err err;
    struct storage_object object;
    assert_int_equal(storage_get_version(storage, version, &object, &err), -1);
    assert_int_equal(strncmp(err.msg, "store: version sha256-", 22), 0);
    assert_non_null(strstr(err.msg, " is damaged: its bytes are those of sha256-"));
    redis_number(scratch_server(), "APPEND %s x", chunk(version, 3));
    expect_chunk(storage, version);
    redis_number(scratch_server(), "DEL %s", chunk(version, 3));
    expect_chunk(storage, version);
    redis_number(scratch_server(), "LPUSH %s x", chunk(version, 3));
    assert_int_equal(storage_get_version(storage, version, &object, &err), -1);
    assert_non_null(strstr(err.msg, "WRONGTYPE"));
    free(redis_text(scratch_server(), "DEL %s", chunk(version, 3)));
    put(storage, 12 * MIB, version); // which heals it
    assert_back(storage, version, 12 * MIB);
    assert_int_equal(chunks(), 12);
    assert_int_equal(number("GET " P ":used"), 0); // a text, no number
    storage_close(storage);
}

static void f_a_manifest_of_nonsense_is_an_error(void **state) {
    char version[STORAGE_VERSION_BYTES];
    struct storage *storage = scratch_store(*state);
    scratch_put(storage, "hello", version);
    static const char *const fields[][2] = {
        {"bytes", "9000000000000000"}, {"chunk", "0"}, {"chunk", "99999999"}, {"upload", "../x"}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        char *before = redis_text(scratch_server(), "HGET " P ":object:%s %s", version, fields[i][0]);
        redis_number(scratch_server(), "HSET " P ":object:%s %s %s", version, fields[i][0], fields[i][1]);
        expect_damage(storage, version, "store: what Redis has as a manifest is damaged");
        redis_number(scratch_server(), "HSET " P ":object:%s %s %s", version, fields[i][0], before);
        free(before);
    }
    redis_number(scratch_server(), "HSET " P ":object:%s bytes x", version);
    expect_damage(storage, version, "manifest: expected a number, found another reply");
    storage_close(storage);
}

static int ignore(void *context, const struct storage_entry *entry) {
    (void)context, (void)entry;
    return 0;
}

static void f_a_damaged_name_is_an_error(void **state) {
    struct err err;
    struct storage_pin pin;
    struct storage *storage = scratch_store(*state);
    scratch_name(storage, 1, "x", "hello");
    redis_number(scratch_server(), "DEL " P ":names");
    redisReply *set = redisCommand(scratch_server()->raw, "HSET " P ":names x %s", "sha256-zz 5 0 0");
    freeReplyObject(set);
    assert_int_equal(storage_find(storage, "x", &pin, &err), -1);
    assert_int_equal(err.reason, REASON_INFRA);
    assert_string_equal(err.msg, "store: what Redis has as a name is damaged");
    assert_int_equal(storage_names(storage, "", ignore, NULL, &err), -1);
    assert_string_equal(err.msg, "store: what Redis has as a name is damaged");
    storage_close(storage);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_redis_setup, scratch_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(b_large_objects_are_chunks_and_come_back_whole),
        TEST(b_the_same_bytes_are_there_once),
        TEST(b_a_prefix_is_another_store),
        TEST(b_a_password_is_used),
        TEST(f_passwords_do_not_stand_in_urls),
        TEST(l_a_budget_refuses_what_is_beyond_it),
        TEST(l_a_source_that_grows_is_bounded_too),
        TEST(l_a_full_redis_refuses_bytes_and_takes_names),
        TEST(f_a_redis_that_drops_keys_is_refused),
        TEST(f_a_replica_is_not_written_to),
        TEST(l_a_silent_redis_is_not_waited_for_for_ever),
        TEST(f_damaged_objects_are_errors),
        TEST(f_a_manifest_of_nonsense_is_an_error),
        TEST(f_a_damaged_name_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, scratch_group_teardown);
}
