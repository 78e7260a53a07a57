// SPDX-License-Identifier: Apache-2.0
#include "storage_scratch.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "quern/memory.h"
#include "quern/object.h"

#define HELLO "sha256-2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

static void b_an_object_is_what_its_version_says(void **state) {
    char version[STORAGE_VERSION_BYTES];
    struct storage_object object;
    struct storage_usage usage;
    struct storage *storage = scratch_store(*state);
    scratch_put(storage, "hello", version);
    assert_string_equal(version, HELLO);
    scratch_put(storage, "hello", version);
    assert_int_equal(storage_get(storage, "any/key", HELLO, &object, NULL), 0);
    assert_int_equal(object.bytes, 5);
    assert_string_equal(object.version, HELLO);
    assert_int_equal(write(object.fd, "x", 1), -1);
    close(object.fd);
    for (int i = 0; i < 3; i++)
        scratch_put(storage, "", version);
    assert_int_equal(storage_get_version(storage, version, &object, NULL), 0);
    assert_int_equal(object.bytes, 0);
    close(object.fd);
    assert_int_equal(storage_usage(storage, &usage, NULL), 0);
    assert_int_equal(usage.used_bytes, 5);
    storage_close(storage);
}

static void f_a_directory_is_nobody_elses(void **state) {
    char version[STORAGE_VERSION_BYTES];
    struct stat status;
    struct storage *storage = scratch_store(*state);
    scratch_put(storage, "hello", version);
    assert_int_equal(stat(scratch_path(*state, "store"), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
    assert_int_equal(stat(scratch_path(*state, "store/objects/" HELLO), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    scratch_put(storage, "hello", version);
    assert_int_equal(scratch_entries(scratch_path(*state, "store/objects")), 1);
    storage_close(storage);
}

static void b_the_same_bytes_of_two_kinds_are_two_objects(void **state) {
    struct storage *storage = scratch_store(*state);
    char version[STORAGE_VERSION_BYTES];
    struct storage_object object;
    struct err err;
    auto_fd int source = memory_from("hello", "hello", 5, NULL);
    scratch_put(storage, "hello", version);
    assert_int_equal(storage_put_as(storage, OBJECT_PICKLE, source, version, NULL), 0);
    assert_string_equal(version, HELLO ".pickle");
    assert_int_equal(scratch_entries(scratch_path(*state, "store/objects")), 2);
    assert_int_equal(storage_get_version(storage, version, &object, NULL), 0);
    assert_string_equal(object.version, HELLO ".pickle");
    close(object.fd);
    assert_int_equal(storage_get_version(storage, HELLO ".dataset", &object, &err), -1);
    assert_int_equal(storage_get_version(storage, HELLO ".sh", &object, &err), -1);
    assert_string_equal(err.msg, "expected a version sha256-HEX, found \"" HELLO ".sh\"");
    storage_close(storage);
}

static void b_a_directory_has_no_budget(void **state) {
    struct err err;
    struct storage *storage = scratch_store(*state);
    assert_int_equal(storage_set_budget(storage, 5, &err), -1);
    assert_int_equal(err.reason, REASON_CONFIG);
    assert_string_equal(err.msg, "store: a directory has no budget of its own; its file system's quota is one");
    storage_close(storage);
}

static void b_nothing_is_made_by_reading(void **state) {
    struct storage_object object = {.fd = -7};
    struct err err;
    uint64_t bytes;
    struct storage *storage = scratch_store(*state);
    assert_int_equal(scratch_get(storage, "patients", &object, &err), -1);
    assert_int_equal(err.reason, REASON_NOT_FOUND);
    assert_string_equal(err.msg, "patients: no such key");
    assert_int_equal(storage_get(storage, "patients", HELLO, &object, &err), -1);
    assert_string_equal(err.msg, "patients: the store has no version " HELLO);
    assert_int_equal(storage_get(storage, "patients", "../../etc/passwd", &object, &err), -1);
    assert_string_equal(err.msg, "patients: expected a version sha256-HEX, found \"../../etc/passwd\"");
    assert_int_equal(object.fd, -7);
    assert_int_equal(storage_get_version(storage, HELLO, &object, &err), -1);
    assert_string_equal(err.msg, "the store has no version " HELLO);
    assert_int_equal(storage_keep(storage, "x", HELLO, &bytes, &err), -1);
    assert_int_equal(err.reason, REASON_NOT_FOUND);
    assert_string_equal(err.msg, "x: the store has no version " HELLO);
    assert_true(scratch_is_untouched(*state));
    storage_close(storage);
}

struct seen {
    char text[1024];
    uint64_t bytes;
    size_t count, stop;
};

static int see(void *context, const struct storage_entry *entry) {
    struct seen *seen = context;
    assert_int_equal(strncmp(entry->version, "sha256-", 7), 0);
    size_t used = strlen(seen->text);
    snprintf(seen->text + used, sizeof seen->text - used, "%s ", entry->key);
    assert_true(entry->changed_s > 1600000000);
    seen->bytes += entry->bytes;
    return ++seen->count == seen->stop;
}

static void assert_listed(struct storage *storage, const char *prefix, size_t stop, const char *expected) {
    struct seen seen = {.stop = stop};
    struct err err = {0};
    if (storage_names(storage, prefix, see, &seen, &err) < 0)
        fail_msg("%s", err.msg);
    assert_string_equal(seen.text, expected);
}

static void b_names_are_listed_in_byte_order(void **state) {
    struct storage *storage = scratch_store(*state);
    assert_listed(storage, "", 0, "");
    const char *const keys[] = {"b", "a/b", "a", "a.b", "a-b", "a/b/c", "job:1/dataset1", "\xc3\xa4", "a/c"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        scratch_name(storage, 1, keys[i], "text");
    assert_listed(storage, "", 0, "a a-b a.b a/b a/b/c a/c b job:1/dataset1 \xc3\xa4 ");
    assert_listed(storage, NULL, 2, "a a-b ");
    assert_listed(storage, "a", 0, "a a-b a.b a/b a/b/c a/c ");
    assert_listed(storage, "a/", 0, "a/b a/b/c a/c ");
    assert_listed(storage, "a/b", 0, "a/b a/b/c ");
    assert_listed(storage, "a/b/", 0, "a/b/c ");
    assert_listed(storage, "job:1/d", 0, "job:1/dataset1 ");
    assert_listed(storage, "c/", 0, "");
    assert_listed(storage, "../", 0, "");
    assert_listed(storage, "/", 0, "");
    storage_close(storage);
}

static void b_a_name_moves_to_the_next_version(void **state) {
    char version[STORAGE_VERSION_BYTES];
    struct storage *storage = scratch_store(*state);
    scratch_name(storage, 1, "patients", "one");
    scratch_put(storage, "one", version);
    scratch_name(storage, 2, "patients", "two");
    assert_true(scratch_name_is(storage, "patients", "two"));
    struct storage_object object;
    assert_int_equal(storage_get(storage, "patients", version, &object, NULL), 0);
    assert_int_equal(object.bytes, 3);
    close(object.fd);
    struct storage *other = scratch_store(*state);
    assert_true(scratch_name_is(other, "patients", "two"));
    assert_true(scratch_name_is(other, "patient", NULL));
    storage_close(other);
    storage_close(storage);
}

static void m_a_smaller_fence_changes_nothing(void **state) {
    char late[STORAGE_VERSION_BYTES];
    struct storage *storage = scratch_store(*state);
    scratch_name(storage, 5, "x", "new");
    scratch_name(storage, 3, "y", "old");
    scratch_put(storage, "late", late);
    const struct storage_name both[] = {{"y", late}, {"x", late}};
    assert_int_equal(storage_promote(storage, 4, both, 2, NULL), 1);
    assert_true(scratch_name_is(storage, "x", "new"));
    assert_true(scratch_name_is(storage, "y", "old"));
    assert_int_equal(storage_promote(storage, 5, both, 2, NULL), 0);
    assert_int_equal(storage_promote(storage, 5, both, 2, NULL), 0);
    assert_true(scratch_name_is(storage, "x", "late"));
    assert_true(scratch_name_is(storage, "y", "late"));
    storage_close(storage);
}

static void f_a_promotion_is_checked_as_a_whole(void **state) {
    char version[STORAGE_VERSION_BYTES];
    struct err err;
    struct storage *storage = scratch_store(*state);
    scratch_put(storage, "text", version);
    const struct storage_name missing[] = {{"x", version}, {"y", HELLO}};
    assert_int_equal(storage_promote(storage, 1, missing, 2, &err), -1);
    assert_int_equal(err.reason, REASON_NOT_FOUND);
    assert_string_equal(err.msg, "y: the store has no version " HELLO);
    const struct storage_name twice[] = {{"x", version}, {"x", version}};
    assert_int_equal(storage_promote(storage, 1, twice, 2, &err), -1);
    assert_string_equal(err.msg, "promote: expected each key once, found \"x\" twice");
    const struct storage_name hostile[] = {{"x", version}, {"../x", version}};
    assert_int_equal(storage_promote(storage, 1, hostile, 2, &err), -1);
    assert_string_equal(err.msg, "key \"../x\": expected no part `.` or `..`, found one");
    assert_int_equal(storage_promote(storage, 1ull << 63, hostile, 1, &err), -1);
    assert_string_equal(err.msg, "promote: expected a fence below 2^63, found 9223372036854775808");
    assert_true(scratch_name_is(storage, "x", NULL));
    storage_close(storage);
}

static void f_a_damaged_name_is_an_error_not_a_version(void **state) {
    struct err err;
    struct storage_object object;
    char expected[256];
    struct storage *storage = scratch_store(*state);
    scratch_name(storage, 1, "x", "text");
    scratch_file(scratch_path(*state, "store/names/x/:name"), "{\"key\":\"x\",\"version\":7}");
    assert_int_equal(scratch_get(storage, "x", &object, &err), -1);
    assert_int_equal(err.reason, REASON_INFRA);
    snprintf(expected, sizeof expected, "store: %s/store/names/x/:name is damaged: expected a name's record",
             ((struct scratch *)*state)->path);
    assert_string_equal(err.msg, expected);
    storage_close(storage);
}

static void b_an_attempt_is_staged_and_committed_once(void **state) {
    char version[STORAGE_VERSION_BYTES];
    struct err err;
    struct storage_object object;
    struct storage *storage = scratch_store(*state);
    auto_fd int source = scratch_source("hello");
    assert_int_equal(storage_stage(storage, "01J-3", source, version, NULL), 0);
    assert_string_equal(version, HELLO);
    assert_int_equal(storage_stage(storage, "01J-3", source, version, NULL), 0);
    assert_int_equal(storage_get(storage, "x", HELLO, &object, NULL), 0);
    close(object.fd);
    assert_int_equal(storage_commit(storage, "01J-3", "{}\n", NULL), 0);
    assert_int_equal(storage_commit(storage, "01J-3", "{}\n", NULL), 0);
    assert_int_equal(storage_commit(storage, "01J-3", "{1}\n", &err), -1);
    assert_string_equal(err.msg, "attempt 01J-3: expected no manifest or the same, found another one");
    assert_int_equal(storage_stage(storage, "../x", source, version, &err), -1);
    assert_string_equal(err.msg, "attempt: expected 1 to 128 of A-Z a-z 0-9 _ . - that start with no dot, found "
                                 "\"../x\"");
    assert_int_equal(storage_commit(storage, "", "{}", &err), -1);
    storage_close(storage);
}

static void b_an_attempt_is_a_list_and_a_manifest(void **state) {
    char version[STORAGE_VERSION_BYTES];
    struct storage *storage = scratch_store(*state);
    auto_fd int source = scratch_source("hello");
    assert_int_equal(storage_stage(storage, "01J-3", source, version, NULL), 0);
    assert_int_equal(storage_stage(storage, "01J-3", source, version, NULL), 0);
    assert_int_equal(storage_commit(storage, "01J-3", "{}\n", NULL), 0);
    assert_true(scratch_holds(scratch_path(*state, "store/attempts/01J-3/staged"), HELLO "\n" HELLO "\n"));
    assert_true(scratch_holds(scratch_path(*state, "store/attempts/01J-3/manifest.json"), "{}\n"));
    storage_close(storage);
}

static void assert_key_refused(const char *key, const char *message) {
    struct err err;
    assert_int_equal(storage_key_check(key, &err), -1);
    assert_string_equal(err.msg, message);
    assert_int_equal(err.reason, REASON_BAD_INPUT);
}

static void f_hostile_keys_are_refused(void **state) {
    (void)state;
    assert_key_refused("", "key: expected 1 to 1024 bytes, found none");
    assert_key_refused("../a", "key \"../a\": expected no part `.` or `..`, found one");
    assert_key_refused("a/..", "key \"a/..\": expected no part `.` or `..`, found one");
    assert_key_refused("a/./b", "key \"a/./b\": expected no part `.` or `..`, found one");
    assert_key_refused("/a", "key \"/a\": expected parts of 1 to 255 bytes between `/`, found an empty one");
    assert_key_refused("a/", "key \"a/\": expected parts of 1 to 255 bytes between `/`, found an empty one");
    assert_key_refused("a//b", "key \"a//b\": expected parts of 1 to 255 bytes between `/`, found an empty one");
    assert_key_refused("a\nb", "key: expected UTF-8 without control characters, found other bytes");
    assert_key_refused("a\x7f", "key: expected UTF-8 without control characters, found other bytes");
    assert_key_refused("a\xc2\x9b"
                       "b",
                       "key: expected UTF-8 without control characters, found other bytes");
    assert_key_refused("a\xff", "key: expected UTF-8 without control characters, found other bytes");
    assert_key_refused("\xed\xa0\x80", "key: expected UTF-8 without control characters, found other bytes");
    assert_key_refused("\xc0\xaf", "key: expected UTF-8 without control characters, found other bytes");
    assert_key_refused("s3:a", "key \"s3:a\": expected no `:` but in the prefix `job:` of a name, found one");
    assert_key_refused("a/:name", "key \"a/:name\": expected no `:` but in the prefix `job:` of a name, found one");
    assert_key_refused("job:", "key \"job:\": expected no `:` but in the prefix `job:` of a name, found one");
    assert_key_refused("job:a:b", "key \"job:a:b\": expected no `:` but in the prefix `job:` of a name, found one");
    for (const char *sign = "{}[]*?%\\"; *sign; sign++) {
        char key[] = "a/b?c", message[64];
        key[3] = *sign;
        snprintf(message, sizeof message, "key \"%s\": expected none of { } [ ] * ? %% \\, found '%c'", key, *sign);
        assert_key_refused(key, message);
    }
}

/* As a store may have them from before that rule. */
static void r_held_keys_with_signs_are_listed_and_removed(void **state) {
    struct storage *storage = scratch_store(*state);
    const char *held = "o{d}";
    struct storage_pin pin;
    struct err err;
    scratch_name(storage, 1, "new", "hello");
    assert_int_equal(mkdir(scratch_path(*state, "store/names/o{d}"), 0700), 0);
    scratch_file(scratch_path(*state, "store/names/o{d}/:name"),
                 "{\"key\": \"o{d}\", \"version\": \"" HELLO "\", \"bytes\": 5, \"fence\": 0}");
    assert_listed(storage, "", 0, "new o{d} ");
    assert_int_equal(storage_find(storage, held, &pin, &err), -1);
    assert_string_equal(err.msg, "key \"o{d}\": expected none of { } [ ] * ? % \\, found '{'");
    assert_int_equal(storage_remove(storage, 1, &held, 1, &err), 0);
    assert_listed(storage, "", 0, "new ");
    storage_close(storage);
}

static void l_keys_have_ceilings(void **state) {
    char key[STORAGE_KEY_BYTES + 1];
    struct storage *storage = scratch_store(*state);
    memset(key, 'a', sizeof key);
    for (size_t i = 255; i < sizeof key; i += 256)
        key[i] = '/';
    key[1023] = 'a';
    key[1022] = '/';
    key[1024] = '\0';
    assert_int_equal(strlen(key), 1024);
    scratch_name(storage, 1, key, "deep");
    assert_true(scratch_name_is(storage, key, "deep"));
    key[1024] = 'a';
    key[1025] = '\0';
    struct err err;
    assert_int_equal(storage_key_check(key, &err), -1);
    assert_non_null(strstr(err.msg, "...\": expected 1 to 1024 bytes, found more"));
    memset(key, 'a', 256);
    key[256] = '\0';
    assert_int_equal(storage_key_check(key, &err), -1);
    assert_non_null(strstr(err.msg, "...\": expected parts of 1 to 255 bytes between `/`, found 256"));
    key[255] = '\0';
    assert_int_equal(storage_key_check(key, &err), 0);
    for (size_t i = 1; i < 1023; i += 2)
        key[i] = '/', key[i + 1] = 'b';
    key[1023] = '\0';
    scratch_name(storage, 1, key, "deeper");
    assert_true(scratch_name_is(storage, key, "deeper"));
    struct seen seen = {0};
    assert_int_equal(storage_names(storage, "a/b/", see, &seen, NULL), 0);
    assert_int_equal(seen.count, 1);
    storage_close(storage);
}

static int drop(struct storage *storage, uint64_t fence, const char *key, struct err *err) {
    return storage_remove(storage, fence, &key, 1, err);
}

static void b_a_removed_name_is_gone_and_may_come_back(void **state) {
    struct err err = {0};
    struct storage *storage = scratch_store(*state);
    assert_int_equal(drop(storage, STORAGE_UNFENCED, "a", &err), -1);
    assert_int_equal(err.reason, REASON_NOT_FOUND);
    assert_string_equal(err.msg, "a: no such key");
    assert_true(scratch_is_untouched(*state));
    scratch_name(storage, 5, "a", "one");
    scratch_name(storage, 5, "a/b", "two");
    assert_int_equal(drop(storage, STORAGE_UNFENCED, "a", &err), 0);
    assert_true(scratch_name_is(storage, "a", NULL));
    assert_listed(storage, "", 0, "a/b ");
    assert_int_equal(drop(storage, STORAGE_UNFENCED, "a", &err), -1);
    assert_string_equal(err.msg, "a: no such key");
    const char *const both[] = {"a/b", "c"};
    assert_int_equal(storage_remove(storage, 9, both, 2, &err), -1);
    assert_string_equal(err.msg, "c: no such key");
    assert_true(scratch_name_is(storage, "a/b", "two"));
    assert_int_equal(storage_remove(storage, 9, both, 0, &err), 0);
    scratch_name(storage, STORAGE_UNFENCED, "a", "three");
    assert_true(scratch_name_is(storage, "a", "three"));
    storage_close(storage);
}

static void m_a_removed_name_remembers_its_fence(void **state) {
    char version[STORAGE_VERSION_BYTES];
    struct storage *storage = scratch_store(*state);
    scratch_name(storage, 5, "a", "one");
    scratch_put(storage, "old", version);
    const struct storage_name late = {"a", version};
    assert_int_equal(drop(storage, 4, "a", NULL), 1);
    assert_true(scratch_name_is(storage, "a", "one"));
    assert_int_equal(drop(storage, 7, "a", NULL), 0);
    assert_int_equal(storage_promote(storage, 6, &late, 1, NULL), 1);
    assert_true(scratch_name_is(storage, "a", NULL));
    assert_int_equal(storage_promote(storage, STORAGE_UNFENCED, &late, 1, NULL), 0);
    assert_true(scratch_name_is(storage, "a", "old"));
    assert_int_equal(storage_promote(storage, 6, &late, 1, NULL), 1);
    assert_int_equal(storage_promote(storage, 7, &late, 1, NULL), 0);
    storage_close(storage);
}

static void b_urls_choose_the_back_end(void **state) {
    struct err err;
    struct storage *storage = NULL;
    char version[STORAGE_VERSION_BYTES];
    assert_int_equal(storage_open("s3://bucket", &storage, &err), -1);
    assert_string_equal(
        err.msg, "store: expected file:/absolute/directory, redis://HOST or redis+unix:/PATH, found \"s3://bucket\"");
    assert_int_equal(storage_open("file:data", &storage, &err), -1);
    assert_string_equal(err.msg, "store: expected file:/absolute/directory, found \"file:data\"");
    assert_int_equal(err.reason, REASON_CONFIG);
    setenv("XDG_DATA_HOME", scratch_path(*state, "data"), 1);
    assert_int_equal(storage_open(NULL, &storage, NULL), 0);
    scratch_put(storage, "hello", version);
    storage_close(storage);
    assert_true(scratch_holds(scratch_path(*state, "data/quern/store/objects/" HELLO), "hello"));
    unsetenv("XDG_DATA_HOME");
    setenv("HOME", scratch_path(*state, "home"), 1);
    assert_int_equal(storage_open(NULL, &storage, NULL), 0);
    scratch_put(storage, "hello", version);
    storage_close(storage);
    assert_true(scratch_holds(scratch_path(*state, "home/.local/share/quern/store/objects/" HELLO), "hello"));
    unsetenv("HOME");
    assert_int_equal(storage_open(NULL, &storage, &err), -1);
    assert_string_equal(err.msg, "store: expected XDG_DATA_HOME or HOME with an absolute path, found neither");
}

static void b_a_file_system_without_nameless_files_will_do(void **state) {
    char version[STORAGE_VERSION_BYTES];
    struct storage *storage = scratch_store(*state);
    ((struct storage_file *)(void *)storage)->named_temps = true;
    scratch_put(storage, "hello", version);
    scratch_put(storage, "hello", version);
    scratch_name(storage, 1, "x", "one");
    scratch_name(storage, 2, "x", "two");
    assert_true(scratch_name_is(storage, "x", "two"));
    assert_int_equal(scratch_entries(scratch_path(*state, "store/objects")), 3);
    assert_int_equal(scratch_entries(scratch_path(*state, "store/names/x")), 1);
    assert_int_equal(scratch_entries(scratch_path(*state, "store")), 3);
    storage_close(storage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_BOTH(b_an_object_is_what_its_version_says),
        ON(file, f_a_directory_is_nobody_elses),
        ON(file, b_a_directory_has_no_budget),
        ON(file, b_the_same_bytes_of_two_kinds_are_two_objects),
        ON_BOTH(b_nothing_is_made_by_reading),
        ON_BOTH(b_names_are_listed_in_byte_order),
        ON_BOTH(b_a_name_moves_to_the_next_version),
        ON_BOTH(m_a_smaller_fence_changes_nothing),
        ON_BOTH(f_a_promotion_is_checked_as_a_whole),
        ON_BOTH(b_a_removed_name_is_gone_and_may_come_back),
        ON_BOTH(m_a_removed_name_remembers_its_fence),
        ON(file, f_a_damaged_name_is_an_error_not_a_version),
        ON_BOTH(b_an_attempt_is_staged_and_committed_once),
        ON(file, b_an_attempt_is_a_list_and_a_manifest),
        ON(file, f_hostile_keys_are_refused),
        ON(file, r_held_keys_with_signs_are_listed_and_removed),
        ON_BOTH(l_keys_have_ceilings),
        ON(file, b_urls_choose_the_back_end),
        ON(file, b_a_file_system_without_nameless_files_will_do),
    };
    return cmocka_run_group_tests(tests, NULL, scratch_group_teardown);
}
