// SPDX-License-Identifier: Apache-2.0
// The catalogue's promises, the same in every home.
#include "quern/queue_client.h"
#include "storage_scratch.h"

#include <stdio.h>
#include <unistd.h>

#include "ops/storage/catalogue_home.h"

#define HELLO "sha256-2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

struct world {
    void *scratch;
    struct storage *storage;
    struct queue *queue; // NULL: the store is the home
    struct catalogue *catalogue;
};

static struct world *begin(void **state, CMFixtureFunction scratch_setup) {
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    scratch_setup(&world->scratch);
    world->storage = scratch_store(world->scratch);
    *state = world;
    return world;
}

static int in_store(struct world *world) {
    assert_int_equal(catalogue_of_store(world->storage, &world->catalogue, NULL), 0);
    return 0;
}

static int in_queue(struct world *world) {
    const struct queue_options options = {.url = scratch_server()->url, .name = "q"};
    free(redis_text(scratch_server(), "FLUSHALL"));
    assert_int_equal(queue_open(&options, &world->queue, NULL), 0);
    assert_int_equal(catalogue_of_queue(world->queue, world->storage, &world->catalogue, NULL), 0);
    return 0;
}

static int file_setup(void **state) { return in_store(begin(state, scratch_file_setup)); }

static int redis_setup(void **state) { return in_store(begin(state, scratch_redis_setup)); }

static int queue_setup(void **state) { return in_queue(begin(state, scratch_file_setup)); }

static int fleet_setup(void **state) { return in_queue(begin(state, scratch_redis_setup)); }

static int teardown(void **state) {
    struct world *world = *state;
    catalogue_close(world->catalogue);
    queue_close(world->queue);
    storage_close(world->storage);
    scratch_teardown(&world->scratch);
    free(world);
    return 0;
}

static void name(struct world *world, const char *key, const char *text) {
    struct err err = {0};
    struct storage_name changed = {.key = key};
    char version[STORAGE_VERSION_BYTES];
    scratch_put(world->storage, text, version);
    changed.version = version;
    if (catalogue_promote(world->catalogue, &changed, 1, &err) < 0)
        fail_msg("%s", err.msg);
}

static int see(void *context, const struct storage_entry *entry) {
    char *seen = context;
    assert_true(entry->changed_s > 1600000000);
    size_t used = strlen(seen);
    snprintf(seen + used, 256 - used, "%s=%u ", entry->key, (unsigned)entry->bytes);
    return 0;
}

static void assert_names(struct world *world, const char *prefix, const char *expected) {
    char seen[256] = "";
    assert_int_equal(catalogue_names(world->catalogue, prefix, see, seen, NULL), 0);
    assert_string_equal(seen, expected);
}

static void b_a_key_leads_to_its_bytes(void **state) {
    struct world *world = *state;
    struct storage_pin pin;
    struct storage_object object;
    assert_ptr_equal(catalogue_storage(world->catalogue), world->storage);
    name(world, "a/b", "hello");
    assert_int_equal(catalogue_find(world->catalogue, "a/b", &pin, NULL), 0);
    assert_string_equal(pin.version, HELLO);
    assert_int_equal(pin.bytes, 5);
    assert_int_equal(catalogue_get(world->catalogue, "a/b", NULL, &object, NULL), 0);
    assert_string_equal(object.version, HELLO);
    assert_int_equal(object.bytes, 5);
    close(object.fd);
    name(world, "a/b", "another");
    assert_int_equal(catalogue_get(world->catalogue, "a/b", HELLO, &object, NULL), 0);
    assert_int_equal(object.bytes, 5);
    close(object.fd);
    assert_int_equal(catalogue_pin(world->catalogue, "a/b", &pin, NULL), 0);
    assert_int_equal(pin.bytes, 7);
    struct err err;
    assert_int_equal(catalogue_pin(world->catalogue, "b", &pin, &err), -1);
    assert_string_equal(err.msg, "b: no such key");
}

static void b_names_come_and_go_together(void **state) {
    struct world *world = *state;
    struct err err;
    struct storage_pin pin;
    name(world, "c", "ccc");
    name(world, "d/x", "hello");
    const struct storage_name both[] = {{"a", HELLO}, {"b", HELLO}};
    assert_int_equal(catalogue_promote(world->catalogue, both, 2, NULL), 0);
    assert_names(world, "", "a=5 b=5 c=3 d/x=5 ");
    assert_names(world, "d/", "d/x=5 ");
    const char *const gone[] = {"a", "zz"};
    assert_int_equal(catalogue_remove(world->catalogue, gone, 2, &err), -1);
    assert_int_equal(err.reason, REASON_NOT_FOUND);
    assert_string_equal(err.msg, "zz: no such key");
    assert_names(world, "", "a=5 b=5 c=3 d/x=5 ");
    assert_int_equal(catalogue_remove(world->catalogue, gone, 1, NULL), 0);
    assert_names(world, "", "b=5 c=3 d/x=5 ");
    assert_int_equal(catalogue_find(world->catalogue, "a", &pin, &err), -1);
    assert_string_equal(err.msg, "a: no such key");
    assert_int_equal(catalogue_promote(world->catalogue, both, 0, NULL), 0);
    assert_int_equal(catalogue_remove(world->catalogue, gone, 0, NULL), 0);
}

static void f_only_what_is_stored_is_named(void **state) {
    struct world *world = *state;
    struct err err;
    struct storage_object object;
    const struct storage_name missing = {"a", HELLO}, hostile = {"../a", HELLO}, nonsense = {"a", "../x"};
    assert_int_equal(catalogue_promote(world->catalogue, &missing, 1, &err), -1);
    assert_int_equal(err.reason, REASON_NOT_FOUND);
    assert_string_equal(err.msg, "a: the store has no version " HELLO);
    assert_int_equal(catalogue_promote(world->catalogue, &hostile, 1, &err), -1);
    assert_string_equal(err.msg, "key \"../a\": expected no part `.` or `..`, found one");
    assert_int_equal(catalogue_promote(world->catalogue, &nonsense, 1, &err), -1);
    assert_string_equal(err.msg, "a: expected a version sha256-HEX, found \"../x\"");
    assert_int_equal(catalogue_get(world->catalogue, "a\r\nb", NULL, &object, &err), -1);
    assert_string_equal(err.msg, "key: expected UTF-8 without control characters, found other bytes");
    assert_names(world, "", "");
}

static int count(void *context, const struct storage_entry *entry) {
    unsigned *counted = context;
    char expected[32];
    snprintf(expected, sizeof expected, "n/%04u", *counted);
    assert_string_equal(entry->key, expected);
    return ++*counted == 450;
}

static void b_more_names_than_a_page(void **state) {
    struct world *world = *state;
    char keys[100][32], version[STORAGE_VERSION_BYTES];
    struct storage_name names[100];
    unsigned counted = 0;
    scratch_put(world->storage, "hello", version);
    for (unsigned i = 0; i < 600; i++) {
        snprintf(keys[i % 100], sizeof keys[0], "n/%04u", i);
        names[i % 100] = (struct storage_name){keys[i % 100], version};
        if (i % 100 == 99)
            assert_int_equal(catalogue_promote(world->catalogue, names, 100, NULL), 0);
    }
    name(world, "o", "hello");
    assert_int_equal(catalogue_names(world->catalogue, "n/", count, &counted, NULL), 0);
    assert_int_equal(counted, 450);
}

/* ---- collection ---- */

enum { HOUR_MS = 3600 * 1000 };

static void submit(struct world *world, const char *id, const char *version) {
    char document[256];
    struct queue_submission job;
    struct queue_receipt receipt;
    struct err err = {0};
    queue_submission_defaults(&job);
    int bytes = snprintf(document, sizeof document, "{\"inputs\":[{\"version\":\"%s\"}]}", version);
    job.id = id;
    job.document = document;
    job.document_bytes = (size_t)bytes;
    if (queue_submit(world->queue, &job, &receipt, &err) != QUEUE_OK)
        fail_msg("%s", err.msg);
}

static struct storage_collected collect(struct world *world) {
    struct storage_collected collected = {0};
    struct err err = {0};
    if (catalogue_collect(&world->catalogue, 1, HOUR_MS, 1000, &collected, &err) < 0)
        fail_msg("%s", err.msg);
    return collected;
}

static void m_what_a_name_or_a_job_wants_is_not_collected(void **state) {
    struct world *world = *state;
    char named[STORAGE_VERSION_BYTES], pinned[STORAGE_VERSION_BYTES], nobodys[STORAGE_VERSION_BYTES];
    struct storage_object object;
    name(world, "x", "named");
    scratch_put(world->storage, "named", named);
    scratch_put(world->storage, "pinned", pinned);
    scratch_put(world->storage, "nobody's", nobodys);
    for (int i = 0; world->queue && i < 40; i++) {
        char id[16];
        snprintf(id, sizeof id, "j%d", i);
        submit(world, id, i == 20 ? pinned : HELLO);
    }
    assert_int_equal(collect(world).objects, 0);
    scratch_age(world->scratch, 2 * HOUR_MS);
    struct storage_collected collected = collect(world);
    assert_int_equal(collected.objects, world->queue ? 1 : 2);
    assert_int_equal(collected.bytes, world->queue ? 8 : 14);
    assert_int_equal(catalogue_get(world->catalogue, "x", NULL, &object, NULL), 0);
    close(object.fd);
    assert_int_equal(storage_get_version(world->storage, pinned, &object, NULL), world->queue ? 0 : -1);
    if (world->queue)
        close(object.fd);
    assert_int_equal(storage_get_version(world->storage, nobodys, &object, NULL), -1);
    const char *const gone = "x";
    scratch_age(world->scratch, 2 * HOUR_MS);
    assert_int_equal(catalogue_remove(world->catalogue, &gone, 1, NULL), 0);
    assert_int_equal(collect(world).objects, 0); // who has just learnt of it has time
    scratch_age(world->scratch, 2 * HOUR_MS);
    assert_int_equal(collect(world).objects, 1);
}

// Another queue of the same name, on a Redis that was emptied, is another home.
static void f_nothing_is_collected_behind_anothers_back(void **state) {
    struct world *world = *state;
    struct err err;
    struct storage_collected collected;
    struct catalogue *own = NULL;
    char version[STORAGE_VERSION_BYTES], expected[300];
    const char *home = NULL;
    name(world, "x", "named");
    assert_int_equal(world->catalogue->home->identity(world->catalogue, &home, NULL), 0);
    scratch_put(world->storage, "nobody's", version);
    scratch_age(world->scratch, 2ll * HOUR_MS);
    assert_int_equal(catalogue_of_store(world->storage, &own, NULL), 0);
    assert_int_equal(catalogue_collect(&own, 1, HOUR_MS, 1000, &collected, &err), -1);
    assert_int_equal(err.reason, REASON_CONFIG);
    snprintf(expected, sizeof expected,
             "collect: %s names objects of this store, too, and was not asked which of them it wants", home);
    assert_string_equal(err.msg, expected);
    struct catalogue *const both[] = {own, world->catalogue};
    assert_int_equal(catalogue_collect(both, 2, HOUR_MS, 1000, &collected, &err), 0);
    assert_int_equal(collected.objects, 1);
    assert_int_equal(storage_drop_home(world->storage, home, NULL), 0);
    assert_int_equal(catalogue_collect(&own, 1, HOUR_MS, 1000, &collected, &err), 0);
    assert_int_equal(collected.objects, 1); // now that nobody speaks for it
    catalogue_close(own);
}

/* ---- a home whose names move while they are being read ---- */

struct moving {
    struct catalogue base;
    const char *versions[4]; // what each look at the key finds; the last one for ever
    int looks;
};

static int find_moving(struct catalogue *catalogue, const char *key, struct storage_pin *ret, struct err *err) {
    struct moving *moving = (struct moving *)(void *)catalogue;
    (void)key, (void)err;
    snprintf(ret->version, sizeof ret->version, "%s", moving->versions[moving->looks]);
    moving->looks += moving->versions[moving->looks + 1] != NULL;
    return 1;
}

#define GONE "sha256-0000000000000000000000000000000000000000000000000000000000000000"
#define LOST "sha256-1111111111111111111111111111111111111111111111111111111111111111"

// What the name left was collected before it could be opened.
static void m_a_name_that_moved_is_followed(void **state) {
    struct world *world = *state;
    struct err err;
    struct storage_object object;
    name(world, "a", "hello");
    static const struct catalogue_home home = {.find = find_moving};
    struct moving moving = {.base = {&home, world->storage}, .versions = {GONE, LOST, HELLO}};
    assert_int_equal(catalogue_get(&moving.base, "a", NULL, &object, NULL), 0);
    assert_string_equal(object.version, HELLO);
    close(object.fd);
    moving = (struct moving){.base = {&home, world->storage}, .versions = {GONE, LOST}};
    assert_int_equal(catalogue_get(&moving.base, "a", NULL, &object, &err), -1);
    assert_int_equal(err.reason, REASON_NOT_FOUND);
    assert_string_equal(err.msg, "a: the store has no version " LOST);
}

#define TEST(home, name)                                                                                               \
    { #name " " #home, name, home##_setup, teardown, NULL }
#define ALL(name) TEST(file, name), TEST(redis, name), TEST(queue, name), TEST(fleet, name)

int main(void) {
    const struct CMUnitTest tests[] = {
        ALL(b_a_key_leads_to_its_bytes),
        ALL(b_names_come_and_go_together),
        ALL(f_only_what_is_stored_is_named),
        TEST(file, m_a_name_that_moved_is_followed),
        TEST(redis, b_more_names_than_a_page),
        TEST(queue, b_more_names_than_a_page),
        ALL(m_what_a_name_or_a_job_wants_is_not_collected),
        TEST(queue, f_nothing_is_collected_behind_anothers_back),
        TEST(fleet, f_nothing_is_collected_behind_anothers_back),
    };
    return cmocka_run_group_tests(tests, NULL, scratch_group_teardown);
}
