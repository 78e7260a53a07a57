// SPDX-License-Identifier: Apache-2.0
// Storage under kill -9 and many writers.
#include "storage_scratch.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MANY = 200 };

struct scene {
    struct scratch *scratch;
    struct fuse fuse;
    bool named_temps;
};

static struct storage *armed_store(struct scene *scene) {
    struct storage *storage = scratch_store(scene->scratch);
    struct storage_file *store = (struct storage_file *)(void *)storage;
    store->checkpoint = fuse_burn;
    store->context = &scene->fuse;
    store->named_temps = scene->named_temps;
    return storage;
}

struct deaths {
    int before, after; // the change took effect
};

// A change of the names "x" and "deep/er/y" of an own store, killed at its first checkpoint, its second, until it ends.
static struct deaths kill_anywhere(void (*change)(void *scene),
                                   bool (*took_effect)(const struct scene *scene, struct storage *storage),
                                   bool named_temps) {
    struct deaths deaths = {0};
    bool ended = false;
    for (int n = 1; !ended; n++) {
        assert_true(n < MANY);
        void *inner = NULL;
        scratch_file_setup(&inner);
        struct scene scene = {.scratch = inner, .fuse = {n}, .named_temps = named_temps};
        struct storage *storage = scratch_store(inner);
        scratch_name(storage, 1, "x", "older");
        scratch_name(storage, 1, "deep/er/y", "older");
        ended = scratch_child(change, &scene);
        bool done = took_effect(&scene, storage);
        assert_true(!ended || done);
        storage_close(storage);
        scratch_teardown(&inner);
        deaths.before += !ended && !done;
        deaths.after += !ended && done;
    }
    return deaths;
}

static void promote_three(void *context) {
    struct scene *scene = context;
    char version[STORAGE_VERSION_BYTES];
    struct storage *quiet = scratch_store(scene->scratch);
    scratch_put(quiet, "new", version);
    storage_close(quiet);
    struct storage *storage = armed_store(scene);
    const struct storage_name names[] = {{"x", version}, {"deep/er/y", version}, {"z", version}};
    if (storage_promote(storage, 2, names, 3, NULL) != 0)
        _exit(1);
    storage_close(storage);
}

static int count_new(void *context, const struct storage_entry *entry) {
    *(int *)context += entry->bytes == 3 ? 1 : 100;
    return 0;
}

// "older" has five bytes, "new" three.
static int how_many_new(struct storage *storage) {
    int by_get = scratch_name_is(storage, "x", "new") + scratch_name_is(storage, "deep/er/y", "new") +
                 scratch_name_is(storage, "z", "new");
    int old = scratch_name_is(storage, "x", "older") + scratch_name_is(storage, "deep/er/y", "older") +
              scratch_name_is(storage, "z", NULL);
    assert_int_equal(by_get + old, 3);
    return by_get;
}

// What is there after a change was killed, or ended: all of the change, or nothing of it.
static bool is_promoted(const struct scene *scene, struct storage *storage) {
    int new = how_many_new(storage), listed = 0;
    assert_true(new == 0 || new == 3);
    assert_int_equal(storage_names(storage, "", count_new, &listed, NULL), 0);
    assert_int_equal(listed, new ? 3 : 200);
    assert_int_equal(how_many_new(storage), new);
    scratch_name(storage, 3, "z", "newest");
    assert_true(scratch_name_is(storage, "z", "newest"));
    assert_true(scratch_name_is(storage, "x", new ? "new" : "older"));
    assert_int_not_equal(access(scratch_path(scene->scratch, "store/promote.json"), F_OK), 0);
    return new;
}

static void kill_promotions(bool named_temps) {
    struct deaths deaths = kill_anywhere(promote_three, is_promoted, named_temps);
    assert_true(deaths.before >= 2 && deaths.after >= 6);
}

static void c_a_promotion_killed_anywhere_is_old_or_new(void **state) {
    (void)state;
    kill_promotions(false);
}

static void c_so_it_is_without_nameless_files(void **state) {
    (void)state;
    kill_promotions(true);
}

static void remove_two(void *context) {
    struct storage *storage = armed_store(context);
    const char *const keys[] = {"x", "deep/er/y"};
    if (storage_remove(storage, STORAGE_UNFENCED, keys, 2, NULL) != 0)
        _exit(1);
    storage_close(storage);
}

static int how_many_left(struct storage *storage) {
    int there = scratch_name_is(storage, "x", "older") + scratch_name_is(storage, "deep/er/y", "older");
    int gone = scratch_name_is(storage, "x", NULL) + scratch_name_is(storage, "deep/er/y", NULL);
    assert_int_equal(there + gone, 2);
    return there;
}

static int count_names(void *context, const struct storage_entry *entry) {
    (void)entry;
    ++*(int *)context;
    return 0;
}

static bool is_removed(const struct scene *scene, struct storage *storage) {
    (void)scene;
    int left = how_many_left(storage), listed = 0;
    assert_true(left == 0 || left == 2);
    assert_int_equal(storage_names(storage, "", count_names, &listed, NULL), 0);
    assert_int_equal(listed, left);
    assert_int_equal(how_many_left(storage), left);
    scratch_name(storage, STORAGE_UNFENCED, "x", "newest");
    assert_true(scratch_name_is(storage, "x", "newest"));
    assert_true(scratch_name_is(storage, "deep/er/y", left ? "older" : NULL));
    return left == 0;
}

static void kill_removals(bool named_temps) {
    struct deaths deaths = kill_anywhere(remove_two, is_removed, named_temps);
    assert_true(deaths.before >= 2 && deaths.after >= 5);
}

static void c_a_removal_killed_anywhere_is_old_or_new(void **state) {
    (void)state;
    kill_removals(false);
}

static void c_a_removal_without_nameless_files_too(void **state) {
    (void)state;
    kill_removals(true);
}

static void put_one(void *context) {
    struct scene *scene = context;
    char version[STORAGE_VERSION_BYTES];
    struct storage *storage = armed_store(scene);
    scratch_put(storage, "object", version);
    storage_close(storage);
}

static bool is_put(const struct scene *scene, struct storage *storage) {
    (void)storage;
    const char *object = scratch_path(
        scene->scratch, "store/objects/sha256-2958d416d08aa5a472d7b509036cb7eafd542add84527e66a145ea64cb4cdc75");
    bool there = access(object, F_OK) == 0;
    if (there)
        assert_true(scratch_holds(object, "object"));
    if (!scene->named_temps)
        assert_int_equal(scratch_entries(scratch_path(scene->scratch, "store/objects")), 1 + there);
    put_one(&(struct scene){.scratch = scene->scratch, .fuse = {MANY}});
    return there;
}

static void kill_puts(bool named_temps) {
    struct deaths deaths = kill_anywhere(put_one, is_put, named_temps);
    assert_true(deaths.before >= 3 && deaths.after >= 1 && deaths.before + deaths.after <= 5);
}

static void c_a_put_killed_anywhere_is_nothing_or_whole(void **state) {
    (void)state;
    kill_puts(false);
}

static void c_also_without_nameless_files(void **state) {
    (void)state;
    kill_puts(true);
}

/* ---- many writers ---- */

enum { WRITERS = 8, ROUNDS = 12 };

struct writer {
    struct scratch *scratch;
    int number;
    bool unfenced; // as the command line writes
};

static void write_rounds(struct writer *writer) {
    struct storage *storage = scratch_store(writer->scratch);
    for (int round = 0; round < ROUNDS; round++) {
        char text[32], version[STORAGE_VERSION_BYTES];
        int fence = round * WRITERS + writer->number;
        snprintf(text, sizeof text, "%d", fence);
        scratch_put(storage, text, version);
        const struct storage_name names[] = {{"x", version}, {"y", version}};
        if (storage_promote(storage, writer->unfenced ? STORAGE_UNFENCED : (uint64_t)fence, names, 2, NULL) < 0)
            _exit(1);
    }
    storage_close(storage);
    _exit(0);
}

struct pair {
    int count;
    char version[STORAGE_VERSION_BYTES];
};

static int same_version(void *context, const struct storage_entry *entry) {
    struct pair *pair = context;
    if (pair->count++ == 0)
        snprintf(pair->version, sizeof pair->version, "%s", entry->version);
    assert_string_equal(pair->version, entry->version);
    return 0;
}

static void race(void **state, bool unfenced) {
    struct writer writers[WRITERS];
    pid_t pids[WRITERS];
    struct storage *storage = scratch_store(*state);
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){*state, i, unfenced};
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0)
            write_rounds(&writers[i]);
    }
    for (int left = WRITERS; left > 0;) {
        struct pair pair = {0};
        assert_int_equal(storage_names(storage, "", same_version, &pair, NULL), 0);
        for (int i = 0, status; i < WRITERS; i++)
            if (pids[i] > 0 && waitpid(pids[i], &status, WNOHANG) == pids[i]) {
                assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
                pids[i] = 0;
                left--;
            }
    }
    int winners = 0;
    for (int number = 0; number < WRITERS; number++) {
        char last[32];
        snprintf(last, sizeof last, "%d", (ROUNDS - 1) * WRITERS + number);
        bool won = scratch_name_is(storage, "x", last);
        assert_int_equal(won, scratch_name_is(storage, "y", last));
        winners += won;
        assert_true(unfenced || won == (number == WRITERS - 1));
    }
    assert_int_equal(winners, 1);
    storage_close(storage);
}

static void c_eight_writers_of_the_same_names_end_at_the_highest_fence(void **state) { race(state, false); }

static void c_of_eight_writers_without_a_fence_one_wins_whole(void **state) { race(state, true); }

int main(void) {
    const struct CMUnitTest tests[] = {
        ON(file, c_a_promotion_killed_anywhere_is_old_or_new),
        ON(file, c_so_it_is_without_nameless_files),
        ON(file, c_a_removal_killed_anywhere_is_old_or_new),
        ON(file, c_a_removal_without_nameless_files_too),
        ON(file, c_a_put_killed_anywhere_is_nothing_or_whole),
        ON(file, c_also_without_nameless_files),
        ON_BOTH(c_eight_writers_of_the_same_names_end_at_the_highest_fence),
        ON_BOTH(c_of_eight_writers_without_a_fence_one_wins_whole),
    };
    return cmocka_run_group_tests(tests, NULL, scratch_group_teardown);
}
