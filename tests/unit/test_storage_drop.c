// SPDX-License-Identifier: Apache-2.0
#include "storage_scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ops/storage/storage_drop.h"

static struct storage_drop *open_drop(const struct scratch *scratch) {
    struct storage_drop *drop = NULL;
    struct err err = {0};
    if (storage_drop_open(scratch_path(scratch, "out"), &drop, &err) < 0)
        fail_msg("%s", err.msg);
    return drop;
}

static void add(struct storage_drop *drop, const char *name, const char *text) {
    auto_fd int source = scratch_source(text);
    struct err err = {0};
    if (storage_drop_add(drop, name, source, &err) < 0)
        fail_msg("%s", err.msg);
}

static void b_files_appear_together(void **state) {
    struct storage_drop *drop = open_drop(*state);
    add(drop, "dataset1.arrow", "table");
    add(drop, "job.json", "{}");
    assert_int_equal(scratch_entries(scratch_path(*state, "out")), 0);
    assert_int_equal(storage_drop_commit(drop, NULL, NULL), 0);
    storage_drop_close(drop);
    assert_int_equal(scratch_entries(scratch_path(*state, "out")), 2);
    assert_true(scratch_holds(scratch_path(*state, "out/dataset1.arrow"), "table"));
    assert_true(scratch_holds(scratch_path(*state, "out/job.json"), "{}"));
}

static void b_a_file_is_filled_in_its_place(void **state) {
    struct storage_drop *drop = open_drop(*state);
    struct err err = {0};
    int fd = -1;
    assert_int_equal(storage_drop_file(drop, "dataset1.arrow", &fd, &err), 0);
    assert_int_equal(write(fd, "table", 5), 5);
    assert_int_equal(storage_drop_file(drop, "dataset1.arrow", &fd, &err), -1);
    assert_int_equal(storage_drop_file(drop, "dataset2.arrow", &fd, &err), 0);
    assert_int_equal(write(fd, "half", 4), 4);
    struct err full = {.reason = REASON_UNWRITABLE, .sys = ENOSPC, .msg = "the disk is full"};
    assert_int_equal(storage_drop_undo(drop, &full, &err), -1);
    assert_int_equal(err.reason, REASON_UNWRITABLE);
    assert_string_equal(strrchr(err.msg, '/'),
                        "/dataset2.arrow: the disk is full; free space there, or name another directory");
    add(drop, "job.json", "{}");
    assert_int_equal(storage_drop_commit(drop, NULL, NULL), 0);
    storage_drop_close(drop);
    assert_int_equal(scratch_entries(scratch_path(*state, "out")), 2);
    assert_true(scratch_holds(scratch_path(*state, "out/dataset1.arrow"), "table"));
    assert_true(scratch_holds(scratch_path(*state, "out/job.json"), "{}"));
}

static void b_without_commit_nothing_was_written(void **state) {
    struct storage_drop *drop = open_drop(*state);
    add(drop, "job.json", "{}");
    storage_drop_close(drop);
    assert_int_not_equal(access(scratch_path(*state, "out"), F_OK), 0);
    assert_int_equal(mkdir(scratch_path(*state, "out"), 0755), 0);
    drop = open_drop(*state);
    drop->named_temps = true;
    add(drop, "job.json", "{}");
    assert_int_equal(scratch_entries(scratch_path(*state, "out")), 1);
    storage_drop_close(drop);
    assert_int_equal(scratch_entries(scratch_path(*state, "out")), 0);
}

static void replace_and_clean(void **state, bool named_temps) {
    static const char *const stale[] = {"dataset2.arrow", "job.json", "gone", "folder", "../precious", NULL};
    struct storage_drop *drop = open_drop(*state);
    assert_int_equal(mkdir(scratch_path(*state, "out/folder"), 0755), 0);
    scratch_file(scratch_path(*state, "precious"), "mine");
    scratch_file(scratch_path(*state, "out/dataset1.arrow"), "old");
    scratch_file(scratch_path(*state, "out/dataset2.arrow"), "old");
    scratch_file(scratch_path(*state, "out/notes.txt"), "the user's");
    scratch_file(scratch_path(*state, "out/job.json"), "old");
    drop->named_temps = named_temps;
    add(drop, "dataset1.arrow", "new");
    add(drop, "job.json", "new");
    assert_true(scratch_holds(scratch_path(*state, "out/dataset1.arrow"), "old"));
    assert_int_equal(storage_drop_commit(drop, stale, NULL), 0);
    storage_drop_close(drop);
    assert_int_equal(scratch_entries(scratch_path(*state, "out")), 4);
    assert_true(scratch_holds(scratch_path(*state, "out/dataset1.arrow"), "new"));
    assert_true(scratch_holds(scratch_path(*state, "out/job.json"), "new"));
    assert_true(scratch_holds(scratch_path(*state, "out/notes.txt"), "the user's"));
    assert_true(scratch_holds(scratch_path(*state, "precious"), "mine"));
}

static void b_old_files_are_replaced_and_stale_ones_removed(void **state) { replace_and_clean(state, false); }

static void b_also_without_nameless_files(void **state) { replace_and_clean(state, true); }

static void *commit_drop(void *context) {
    assert_int_equal(storage_drop_commit(context, NULL, NULL), 0);
    storage_drop_close(context);
    return NULL;
}

// Who comes first is open; a mixture is not.
static void b_two_that_end_at_once_leave_the_files_of_one(void **state) {
    static const char *const texts[] = {"one", "two"}, *const names[] = {"a", "b", "c", "job.json"};
    for (int round = 0; round < 20; round++) {
        struct storage_drop *drops[2];
        pthread_t threads[2];
        for (int i = 0; i < 2; i++) {
            drops[i] = open_drop(*state);
            for (size_t k = 0; k < sizeof names / sizeof *names; k++)
                add(drops[i], names[k], texts[i]);
        }
        for (int i = 0; i < 2; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, commit_drop, drops[i]), 0);
        for (int i = 0; i < 2; i++)
            pthread_join(threads[i], NULL);
        const char *winner = scratch_holds(scratch_path(*state, "out/a"), "one") ? "one" : "two";
        for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
            char name[32];
            snprintf(name, sizeof name, "out/%s", names[k]);
            assert_true(scratch_holds(scratch_path(*state, name), winner));
        }
    }
}

static void f_a_symbolic_link_is_replaced_not_followed(void **state) {
    char target[128];
    struct stat status;
    struct storage_drop *drop = open_drop(*state);
    snprintf(target, sizeof target, "%s", scratch_path(*state, "precious"));
    scratch_file(target, "mine");
    assert_int_equal(symlink(target, scratch_path(*state, "out/a")), 0);
    assert_int_equal(symlink(target, scratch_path(*state, "out/job.json")), 0);
    add(drop, "a", "new");
    add(drop, "job.json", "new");
    assert_int_equal(storage_drop_commit(drop, NULL, NULL), 0);
    storage_drop_close(drop);
    assert_true(scratch_holds(target, "mine"));
    assert_int_equal(lstat(scratch_path(*state, "out/a"), &status), 0);
    assert_true(S_ISREG(status.st_mode));
    assert_true(scratch_holds(scratch_path(*state, "out/job.json"), "new"));
}

static void f_a_directory_in_the_way_is_an_error_before_anything_changes(void **state) {
    char expected[256];
    struct err err;
    struct storage_drop *drop = open_drop(*state);
    scratch_file(scratch_path(*state, "out/a"), "old");
    assert_int_equal(mkdir(scratch_path(*state, "out/b"), 0755), 0);
    add(drop, "a", "new");
    add(drop, "b", "new");
    assert_int_equal(storage_drop_commit(drop, NULL, &err), -1);
    snprintf(expected, sizeof expected, "%s: expected a file or nothing, found a directory",
             scratch_path(*state, "out/b"));
    assert_string_equal(err.msg, expected);
    assert_int_equal(err.reason, REASON_BAD_INPUT);
    storage_drop_close(drop);
    assert_true(scratch_holds(scratch_path(*state, "out/a"), "old"));
    assert_int_equal(scratch_entries(scratch_path(*state, "out")), 2);
}

static void b_paths_below_have_their_directories(void **state) {
    for (int round = 0; round < 2; round++) {
        struct storage_drop *drop = open_drop(*state);
        drop->named_temps = round == 1;
        add(drop, "files/graphics/line.png", round ? "picture" : "old");
        add(drop, "files/a", "a");
        add(drop, "job.json", "{}");
        assert_int_equal(storage_drop_commit(drop, NULL, NULL), 0);
        storage_drop_close(drop);
    }
    assert_int_equal(scratch_entries(scratch_path(*state, "out")), 2);
    assert_true(scratch_holds(scratch_path(*state, "out/files/graphics/line.png"), "picture"));
    assert_true(scratch_holds(scratch_path(*state, "out/files/a"), "a"));
}

static void f_a_link_on_the_way_is_not_followed(void **state) {
    struct err err = {0};
    char expected[200];
    struct storage_drop *drop = open_drop(*state);
    assert_int_equal(mkdir(scratch_path(*state, "elsewhere"), 0755), 0);
    assert_int_equal(symlink("../elsewhere", scratch_path(*state, "out/files")), 0);
    add(drop, "files/a", "a");
    add(drop, "job.json", "{}");
    assert_int_equal(storage_drop_commit(drop, NULL, &err), -1);
    storage_drop_close(drop);
    snprintf(expected, sizeof expected, "%s: opening the directory files: Not a directory",
             scratch_path(*state, "out"));
    assert_string_equal(err.msg, expected);
    assert_int_equal(scratch_entries(scratch_path(*state, "elsewhere")), 0);
}

static void f_names_are_parts_below(void **state) {
    static const char *const names[] = {"", ".", "..", "a/../b", "a//b", "a/", "/a", "a\nb", "a\xff"};
    struct err err;
    char expected[256], longest[258];
    struct storage_drop *drop = open_drop(*state);
    auto_fd int source = scratch_source("x");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_int_equal(storage_drop_add(drop, names[i], source, &err), -1);
    assert_int_equal(storage_drop_add(drop, "../a", source, &err), -1);
    snprintf(expected, sizeof expected,
             "%s: expected a file name or a path below, parts of 1 to 255 bytes, found \"../a\"",
             scratch_path(*state, "out"));
    assert_string_equal(err.msg, expected);
    memset(longest, 'a', sizeof longest);
    longest[256] = '\0';
    assert_int_equal(storage_drop_add(drop, longest, source, &err), -1);
    longest[255] = '\0';
    add(drop, longest, "x");
    assert_int_equal(storage_drop_add(drop, longest, source, &err), -1);
    assert_int_equal(storage_drop_commit(drop, NULL, NULL), 0);
    storage_drop_close(drop);
    drop = open_drop(*state);
    add(drop, longest, "again");
    assert_int_equal(storage_drop_commit(drop, NULL, NULL), 0);
    storage_drop_close(drop);
    assert_int_equal(scratch_entries(scratch_path(*state, "out")), 1);
}

static void f_a_file_is_no_place_for_files(void **state) {
    struct err err;
    char expected[128];
    struct storage_drop *drop = NULL;
    scratch_file(scratch_path(*state, "out"), "x");
    assert_int_equal(storage_drop_open(scratch_path(*state, "out"), &drop, &err), -1);
    snprintf(expected, sizeof expected, "%s: expected a directory, found a file", scratch_path(*state, "out"));
    assert_string_equal(err.msg, expected);
    assert_null(drop);
}

/* ---- kill -9 ---- */

struct scene {
    struct scratch *scratch;
    struct fuse fuse;
};

static void run_again(void *context) {
    struct scene *scene = context;
    struct storage_drop *drop = open_drop(scene->scratch);
    drop->checkpoint = fuse_burn;
    drop->context = &scene->fuse;
    add(drop, "a", "new");
    add(drop, "b", "new");
    add(drop, "job.json", "new");
    if (storage_drop_commit(drop, NULL, NULL) < 0)
        _exit(1);
    storage_drop_close(drop);
}

static void c_killed_anywhere_the_last_file_vouches_for_the_others(void **state) {
    struct scratch *scratch = *state;
    char out[128];
    snprintf(out, sizeof out, "%s", scratch_path(scratch, "out"));
    for (int n = 1;; n++) {
        assert_true(n < 50);
        struct storage_drop *drop = open_drop(scratch);
        add(drop, "a", "old");
        add(drop, "b", "old");
        add(drop, "job.json", "old");
        assert_int_equal(storage_drop_commit(drop, NULL, NULL), 0);
        storage_drop_close(drop);
        struct scene scene = {scratch, {n}};
        bool ended = scratch_child(run_again, &scene);
        bool both_old = scratch_holds(scratch_path(scratch, "out/a"), "old") &&
                        scratch_holds(scratch_path(scratch, "out/b"), "old");
        bool both_new = scratch_holds(scratch_path(scratch, "out/a"), "new") &&
                        scratch_holds(scratch_path(scratch, "out/b"), "new");
        if (scratch_holds(scratch_path(scratch, "out/job.json"), "old"))
            assert_true(both_old && !ended);
        if (scratch_holds(scratch_path(scratch, "out/job.json"), "new"))
            assert_true(both_new);
        // Three adds and the look at the names: four checkpoints before the first change.
        if (n <= 4)
            assert_true(both_old && scratch_holds(scratch_path(scratch, "out/job.json"), "old"));
        assert_int_equal(scratch_entries(out), n <= 4 || ended || n > 7 ? 3 : 2);
        if (ended)
            break;
    }
}

/* ---- files outside any store ---- */

// ---- asked before ----

static const char *const job_json[] = {"job.json", NULL};

static void refused(const char *dir, const char *message) {
    struct err err = {0};
    assert_int_equal(storage_drop_check(dir, job_json, &err), -1);
    assert_int_equal(err.reason, REASON_BAD_INPUT);
    assert_string_equal(err.msg, message);
}

static void refused_at(const struct scratch *scratch, const char *name, const char *where, const char *what) {
    char dir[256], message[512];
    snprintf(dir, sizeof dir, "%s", scratch_path(scratch, name));
    snprintf(message, sizeof message, "%s%s", scratch_path(scratch, where), what);
    refused(dir, message);
}

static void b_asking_leaves_nothing(void **state) {
    struct err err = {0};
    assert_int_equal(storage_drop_check(scratch_path(*state, ""), job_json, &err), 0);
    assert_int_equal(storage_drop_check(scratch_path(*state, "new"), job_json, &err), 0);
    assert_int_equal(storage_drop_check(scratch_path(*state, "new/deep/out/"), job_json, &err), 0);
    assert_int_equal(scratch_entries(scratch_path(*state, "")), 0);
}

static void f_what_is_in_the_way_is_named_before(void **state) {
    scratch_file(scratch_path(*state, "file"), "text");
    refused_at(*state, "file", "file", ": expected a directory, found a file");
    refused_at(*state, "file/deep/out", "file", ": expected a directory, found a file");
    assert_int_equal(symlink("nowhere", scratch_path(*state, "link")), 0);
    refused_at(*state, "link", "link", ": expected a directory, found a link to nothing");
    assert_int_equal(mkdir(scratch_path(*state, "out"), 0777), 0);
    assert_int_equal(mkdir(scratch_path(*state, "out/job.json"), 0777), 0);
    refused_at(*state, "out", "out/job.json", ": expected a file or nothing, found a directory");
}

// Root may write into any directory, but for those of which nobody makes files.
static void f_a_place_without_permission_is_named_before(void **state) {
    uid_t ours = geteuid();
    assert_int_equal(mkdir(scratch_path(*state, "closed"), 0555), 0);
    assert_int_equal(chmod(scratch_path(*state, "."), 0755), 0);
    if (ours == 0)
        assert_int_equal(seteuid(65534), 0);
    refused_at(*state, "closed", "closed", ": no file can be made there: Permission denied");
    refused_at(*state, "closed/out", "closed", ": no file can be made there: Permission denied");
    assert_int_equal(seteuid(ours), 0);
    refused("/proc/out", ours ? "/proc: no file can be made there: Permission denied"
                              : "/proc: no file can be made there: No such file or directory");
}

static void b_a_plain_file_has_its_identity_as_version(void **state) {
    struct storage_object one, two;
    char path[128];
    snprintf(path, sizeof path, "%s", scratch_path(*state, "data.csv"));
    scratch_file(path, "a,b\n");
    assert_int_equal(storage_open_file(path, &one, NULL), 0);
    assert_int_equal(storage_open_file(path, &two, NULL), 0);
    assert_int_equal(one.bytes, 4);
    assert_string_equal(one.version, two.version);
    assert_int_equal(strncmp(one.version, "file-", 5), 0);
    close(two.fd);
    char other[128];
    snprintf(other, sizeof other, "%s", scratch_path(*state, "other.csv"));
    scratch_file(other, "a,c\n");
    assert_int_equal(rename(other, path), 0);
    assert_int_equal(storage_open_file(path, &two, NULL), 0);
    assert_string_not_equal(one.version, two.version);
    close(one.fd);
    close(two.fd);
}

static void assert_not_opened(const char *path, enum reason reason, const char *tail) {
    struct storage_object object = {.fd = -7};
    struct err err;
    char expected[256];
    assert_int_equal(storage_open_file(path, &object, &err), -1);
    snprintf(expected, sizeof expected, "%s: %s", path, tail);
    assert_string_equal(err.msg, expected);
    assert_int_equal(err.reason, reason);
    assert_int_equal(object.fd, -7);
}

static void f_only_files_are_opened(void **state) {
    assert_not_opened(scratch_path(*state, "none"), REASON_NOT_FOUND, "no such file");
    assert_not_opened(((struct scratch *)*state)->path, REASON_BAD_INPUT, "expected a file, found a directory");
    assert_not_opened("/dev/null", REASON_BAD_INPUT, "expected a file, found a device");
    assert_int_equal(mkfifo(scratch_path(*state, "pipe"), 0600), 0);
    assert_not_opened(scratch_path(*state, "pipe"), REASON_BAD_INPUT, "expected a file, found a pipe");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_file_setup, scratch_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(b_files_appear_together),
        TEST(b_a_file_is_filled_in_its_place),
        TEST(b_without_commit_nothing_was_written),
        TEST(b_old_files_are_replaced_and_stale_ones_removed),
        TEST(b_also_without_nameless_files),
        TEST(b_two_that_end_at_once_leave_the_files_of_one),
        TEST(f_a_symbolic_link_is_replaced_not_followed),
        TEST(f_a_directory_in_the_way_is_an_error_before_anything_changes),
        TEST(f_names_are_parts_below),
        TEST(b_paths_below_have_their_directories),
        TEST(f_a_link_on_the_way_is_not_followed),
        TEST(f_a_file_is_no_place_for_files),
        TEST(c_killed_anywhere_the_last_file_vouches_for_the_others),
        TEST(b_asking_leaves_nothing),
        TEST(f_what_is_in_the_way_is_named_before),
        TEST(f_a_place_without_permission_is_named_before),
        TEST(b_a_plain_file_has_its_identity_as_version),
        TEST(f_only_files_are_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
