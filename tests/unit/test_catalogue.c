// SPDX-License-Identifier: Apache-2.0
// The catalogue's promises, the same in every home.
#include "storage_scratch.h"

#include <stdio.h>
#include <unistd.h>

#include "ops/storage/catalogue_home.h"

#define HELLO "sha256-2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

struct world {
    void *scratch;
    struct storage *storage;
    struct catalogue *catalogue;
};

static int store_setup(void **state) {
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    scratch_file_setup(&world->scratch);
    world->storage = scratch_store(world->scratch);
    assert_int_equal(catalogue_of_store(world->storage, &world->catalogue, NULL), 0);
    *state = world;
    return 0;
}

static int store_teardown(void **state) {
    struct world *world = *state;
    catalogue_close(world->catalogue);
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
}

static void b_names_come_and_go_together(void **state) {
    struct world *world = *state;
    struct err err;
    struct storage_pin pin;
    name(world, "c", "ccc");
    name(world, "job:1/x", "hello");
    const struct storage_name both[] = {{"a", HELLO}, {"b", HELLO}};
    assert_int_equal(catalogue_promote(world->catalogue, both, 2, NULL), 0);
    assert_names(world, "", "a=5 b=5 c=3 job:1/x=5 ");
    assert_names(world, "job:1/", "job:1/x=5 ");
    const char *const gone[] = {"a", "zz"};
    assert_int_equal(catalogue_remove(world->catalogue, gone, 2, &err), -1);
    assert_int_equal(err.reason, REASON_NOT_FOUND);
    assert_string_equal(err.msg, "zz: no such key");
    assert_names(world, "", "a=5 b=5 c=3 job:1/x=5 ");
    assert_int_equal(catalogue_remove(world->catalogue, gone, 1, NULL), 0);
    assert_names(world, "", "b=5 c=3 job:1/x=5 ");
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

#define TEST(home, name) cmocka_unit_test_setup_teardown(name, home##_setup, home##_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(store, b_a_key_leads_to_its_bytes),
        TEST(store, b_names_come_and_go_together),
        TEST(store, f_only_what_is_stored_is_named),
        TEST(store, m_a_name_that_moved_is_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
