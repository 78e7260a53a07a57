// SPDX-License-Identifier: Apache-2.0
// Storage on a full disk: what is told, who waits, and that nothing is left behind or lost.
#include "storage_scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include "quern/memory.h"

// As root a file system of 256 KiB, else a ceiling on file sizes: both give what a full disk gives.
static void shrink_the_disk(const struct scratch *scratch) {
    if (geteuid() == 0) {
        assert_int_equal(unshare(CLONE_NEWNS), 0);
        assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
        assert_int_equal(mount("tmpfs", scratch->path, "tmpfs", 0, "size=256k,mode=0700"), 0);
    }
}

static void set_file_limit(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void fill(void *context) {
    const struct scratch *scratch = context;
    char version[STORAGE_VERSION_BYTES] = "untouched";
    struct err err = {0};
    shrink_the_disk(scratch);
    struct storage *storage = scratch_store(scratch);
    scratch_name(storage, 1, "x", "before");
    size_t bytes = 1 << 20;
    auto_fd int source = memory_new("large", bytes, NULL);
    if (geteuid() != 0)
        set_file_limit(100000);
    assert_int_equal(storage_put(storage, source, version, &err), -1);
    set_file_limit(RLIM_INFINITY);
    assert_int_equal(err.reason, REASON_LIMIT_DISK);
    char told[200];
    snprintf(told, sizeof told, "store: 1.0 MiB are more than the disk of %s/store has in all, 0.2 MiB", scratch->path);
    assert_string_equal(err.msg, geteuid() == 0 ? told : "writing 131072 bytes: File too large");
    assert_string_equal(version, "untouched");
    assert_int_equal(scratch_entries(scratch_path(scratch, "store/objects")), 1);
    assert_true(scratch_name_is(storage, "x", "before"));
    scratch_name(storage, 2, "x", "after");
    assert_true(scratch_name_is(storage, "x", "after"));
    storage_close(storage);
}

static void l_a_full_disk_leaves_nothing_behind(void **state) { assert_true(scratch_child(fill, *state)); }

struct shortage {
    const struct scratch *scratch;
    int pauses, most; // how often it is waited for room
    bool ends;        // somebody makes room then
};

static void occupy(const struct scratch *scratch) {
    static const char zeros[4096];
    auto_fd int filler = open(scratch_path(scratch, "filler"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    while (write(filler, zeros, sizeof zeros) > 0)
        continue;
    assert_int_equal(errno, ENOSPC);
}

static void assert_full(const struct scratch *scratch, const struct err *err) {
    char told[200];
    snprintf(told, sizeof told,
             "store: %s/store: No space left on device; free space there, have the store collected, or move it",
             scratch->path);
    assert_string_equal(err->msg, told);
    assert_int_equal(err->reason, REASON_UNWRITABLE);
    assert_int_equal(err->sys, ENOSPC);
}

static bool wait_for_room(void *context, const struct err *why) {
    struct shortage *shortage = context;
    assert_full(shortage->scratch, why);
    if (++shortage->pauses < shortage->most)
        return true;
    if (shortage->ends)
        assert_int_equal(unlink(scratch_path(shortage->scratch, "filler")), 0);
    return shortage->ends;
}

static struct storage *patient_store(struct shortage *shortage) {
    const struct storage_options options = {
        .url = shortage->scratch->url, .patience_ms = 60000, .patience = {wait_for_room, shortage}};
    struct storage *storage = NULL;
    assert_int_equal(storage_open_with(&options, &storage, NULL), 0);
    return storage;
}

// Where the file system takes room before it is written to (150 kB), where only writing tells (8 kB), and of a name.
static void change_on_a_full_disk(struct shortage *shortage, const char version[STORAGE_VERSION_BYTES]) {
    struct storage *storage = patient_store(shortage);
    for (size_t i = 0; i < 3; i++) {
        char untouched[STORAGE_VERSION_BYTES] = "untouched";
        struct err err = {0};
        const struct storage_name name = {"y", version};
        auto_fd int source = memory_new("source", i == 0 ? 150000 : 8000, NULL);
        occupy(shortage->scratch);
        shortage->pauses = 0;
        int result =
            i < 2 ? storage_put(storage, source, untouched, &err) : storage_promote(storage, 1, &name, 1, &err);
        assert_int_equal(shortage->pauses, shortage->most);
        assert_int_equal(result, shortage->ends ? 0 : -1);
        if (!shortage->ends) {
            assert_full(shortage->scratch, &err);
            assert_string_equal(untouched, "untouched");
        }
    }
    storage_close(storage);
}

static void collect_on_a_full_disk(const struct scratch *scratch, struct storage *storage) {
    const struct storage_collect rules = {.age_ms = STORAGE_MIN_AGE_MS, .budget = 10};
    struct storage_collected done;
    scratch_age(scratch, STORAGE_MIN_AGE_MS + 1000);
    occupy(scratch);
    assert_int_equal(storage_collect(storage, &rules, &done, NULL), 0);
    assert_int_equal(done.objects, 2);
    assert_int_equal(storage_check(storage, NULL), 0);
}

static void wait_on_a_full_disk(void *context) {
    const struct scratch *scratch = context;
    struct storage *storage = scratch_store(scratch);
    struct err err = {0};
    char version[STORAGE_VERSION_BYTES];
    assert_int_equal(storage_check(storage, &err), 0);
    assert_true(scratch_is_untouched(scratch));
    shrink_the_disk(scratch);
    scratch_put(storage, "small", version);
    assert_int_equal(storage_check(storage, &err), 0);
    change_on_a_full_disk(&(struct shortage){.scratch = scratch, .most = 2}, version);
    assert_int_equal(storage_check(storage, &err), -1);
    assert_full(scratch, &err);
    assert_true(scratch_name_is(storage, "y", NULL));
    assert_int_equal(scratch_entries(scratch_path(scratch, "store/objects")), 1);
    change_on_a_full_disk(&(struct shortage){.scratch = scratch, .most = 3, .ends = true}, version);
    assert_int_equal(storage_check(storage, &err), 0);
    assert_true(scratch_name_is(storage, "y", "small"));
    assert_int_equal(scratch_entries(scratch_path(scratch, "store/objects")), 3);
    collect_on_a_full_disk(scratch, storage);
    storage_close(storage);
}

static void l_who_has_patience_waits_for_room(void **state) {
    if (geteuid() != 0)
        skip(); // who may not mount
    assert_true(scratch_child(wait_on_a_full_disk, *state));
}

static void f_a_directory_that_takes_no_files_is_told(void **state) {
    struct storage *storage = NULL;
    struct err err = {0};
    (void)state;
    assert_int_equal(storage_open("file:/proc/self", &storage, NULL), 0);
    assert_int_equal(storage_check(storage, &err), -1);
    storage_close(storage);
    assert_int_equal(err.reason, REASON_INFRA);
    assert_int_equal(strncmp(err.msg, "store: /proc/self: ", 19), 0);
}

// No room for the journal: the names stay as they were.
static void promote_without_room(void *context) {
    const struct scratch *scratch = context;
    char version[STORAGE_VERSION_BYTES];
    struct err err = {0};
    struct storage *storage = scratch_store(scratch);
    scratch_name(storage, 1, "x", "before");
    scratch_put(storage, "after", version);
    set_file_limit(10);
    const struct storage_name names[] = {{"x", version}, {"y", version}};
    assert_int_equal(storage_promote(storage, 2, names, 2, &err), -1);
    assert_int_equal(err.reason, REASON_LIMIT_DISK);
    assert_true(scratch_name_is(storage, "x", "before"));
    assert_true(scratch_name_is(storage, "y", NULL));
    assert_int_not_equal(access(scratch_path(scratch, "store/promote.json"), F_OK), 0);
    set_file_limit(RLIM_INFINITY);
    assert_int_equal(storage_promote(storage, 2, names, 2, &err), 0);
    assert_true(scratch_name_is(storage, "y", "after"));
    storage_close(storage);
}

// Room for the journal, none for what follows: the promotion counts, and its files follow later.
static void promote_with_room_for_the_journal(void *context) {
    const struct scratch *scratch = context;
    char version[STORAGE_VERSION_BYTES];
    struct storage *storage = scratch_store(scratch);
    scratch_put(storage, "after", version);
    scratch_name(storage, 1, "x", "before");
    scratch_file(scratch_path(scratch, "store/names/y"), "a file where a directory belongs");
    const struct storage_name names[] = {{"x", version}, {"y", version}};
    assert_int_equal(storage_promote(storage, 2, names, 2, NULL), 0);
    assert_true(scratch_name_is(storage, "x", "after"));
    assert_true(scratch_name_is(storage, "y", "after"));
    assert_int_equal(unlink(scratch_path(scratch, "store/names/y")), 0);
    scratch_name(storage, 3, "x", "last");
    assert_true(scratch_name_is(storage, "y", "after"));
    assert_int_not_equal(access(scratch_path(scratch, "store/promote.json"), F_OK), 0);
    storage_close(storage);
}

static void l_names_stay_when_there_is_no_room_for_new_ones(void **state) {
    assert_true(scratch_child(promote_without_room, *state));
}

static void l_a_promotion_counts_from_its_journal_on(void **state) {
    assert_true(scratch_child(promote_with_room_for_the_journal, *state));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON(file, l_a_full_disk_leaves_nothing_behind),
        ON(file, l_who_has_patience_waits_for_room),
        cmocka_unit_test(f_a_directory_that_takes_no_files_is_told),
        ON(file, l_names_stay_when_there_is_no_room_for_new_ones),
        ON(file, l_a_promotion_counts_from_its_journal_on),
    };
    return cmocka_run_group_tests(tests, NULL, scratch_group_teardown);
}
