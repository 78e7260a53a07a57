// SPDX-License-Identifier: Apache-2.0
// What nobody wants in a directory. Names and the lists of attempts say what is wanted; of the rest, what is old goes, each
// looked at again under the lock that everybody holds who makes an object young.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "quern/own.h"
#include "storage_file.h"
#include "temp.h"

struct collection {
    struct storage_file *store;
    struct wanted *wanted;
    int64_t upto_ms; // what was touched later stays
    uint64_t budget;
    struct storage_collected done;
};

static struct storage_file *own(struct storage *storage) { return (struct storage_file *)(void *)storage; }

static void own_dir(DIR **dir) {
    if (*dir)
        closedir(*dir);
}

#define auto_dir __attribute__((cleanup(own_dir)))

static int64_t touched_ms(const struct stat *status) {
    return (int64_t)status->st_mtim.tv_sec * 1000 + status->st_mtim.tv_nsec / 1000000;
}

// *ret is NULL when there is no such directory.
static int list(const struct storage_file *store, const char *path, DIR **ret, struct err *err) {
    auto_fd int fd = openat(store->root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return 0;
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir)
        return err_sys(err, REASON_INFRA, "store: listing %s/%s", store->path, path);
    steal_fd(&fd);
    *ret = dir;
    return 0;
}

/* ---- who wants what ---- */

struct names {
    struct collection *collection;
    struct err *err;
    bool failed;
};

static int want_name(void *context, const struct storage_entry *entry) {
    struct names *names = context;
    names->failed = wanted_add(names->collection->wanted, entry->version, names->err) < 0;
    return names->failed;
}

static int want_names(struct collection *collection, struct err *err) {
    struct names names = {collection, err, false};
    TRY(storage_file_names(&collection->store->base, "", want_name, &names, err));
    return names.failed ? -1 : 0;
}

static int want_staged(struct collection *collection, const char *attempt, struct err *err) {
    char path[512], *rest = NULL;
    auto_free char *lines = NULL;
    size_t bytes = 0;
    snprintf(path, sizeof path, "attempts/%s/staged", attempt);
    int there = storage_file_read(collection->store, path, &lines, &bytes, err);
    if (there <= 0)
        return there;
    for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        TRY(wanted_add(collection->wanted, line, err));
    return 0;
}

// Never committed and not touched for long: the list goes, and its objects then want another reason to stay.
static int is_abandoned(const struct collection *collection, const char *attempt, bool *ret, struct err *err) {
    const char *const parts[] = {"manifest.json", "staged", "."};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char path[512];
        struct stat status;
        snprintf(path, sizeof path, "attempts/%s/%s", attempt, parts[i]);
        int there = fstatat(collection->store->root, path, &status, AT_SYMLINK_NOFOLLOW);
        if (there < 0 && errno != ENOENT)
            return err_sys(err, REASON_INFRA, "store: looking at %s/%s", collection->store->path, path);
        if (there == 0 && (i == 0 || touched_ms(&status) > collection->upto_ms)) {
            *ret = false;
            return 0;
        }
    }
    *ret = true;
    return 0;
}

static int drop_attempt(struct collection *collection, const char *attempt, struct err *err) {
    char path[512];
    snprintf(path, sizeof path, "attempts/%s/staged", attempt);
    bool dropped = unlinkat(collection->store->root, path, 0) == 0 || errno == ENOENT;
    snprintf(path, sizeof path, "attempts/%s", attempt);
    // Something else in the directory is not ours to remove.
    if (!dropped ||
        (unlinkat(collection->store->root, path, AT_REMOVEDIR) < 0 && errno != ENOENT && errno != ENOTEMPTY))
        return err_sys(err, REASON_INFRA, "store: removing %s/attempts/%s", collection->store->path, attempt);
    collection->done.attempts++;
    return 0;
}

static int look_at_attempt(struct collection *collection, const char *attempt, struct err *err) {
    auto_fd int held = storage_file_lock(collection->store, err);
    bool abandoned = false;
    TRY(held);
    TRY(is_abandoned(collection, attempt, &abandoned, err));
    return abandoned ? drop_attempt(collection, attempt, err) : want_staged(collection, attempt, err);
}

static int look_at_attempts(struct collection *collection, struct err *err) {
    auto_dir DIR *dir = NULL;
    TRY(list(collection->store, "attempts", &dir, err));
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (entry->d_name[0] != '.')
            TRY(look_at_attempt(collection, entry->d_name, err));
    return 0;
}

/* ---- objects ---- */

static bool is_ours(const char *name) {
    return storage_version_check("", name, NULL) == 0 || strncmp(name, TEMP_PREFIX, strlen(TEMP_PREFIX)) == 0;
}

static int drop_object(struct collection *collection, int objects, const char *name, struct err *err) {
    struct stat status;
    auto_fd int held = storage_file_lock(collection->store, err);
    TRY(held);
    if (fstatat(objects, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : err_sys(err, REASON_INFRA, "store: looking at the object %s", name);
    if (!S_ISREG(status.st_mode) || touched_ms(&status) > collection->upto_ms)
        return 0;
    if (unlinkat(objects, name, 0) < 0)
        return err_sys(err, REASON_INFRA, "store: removing the object %s", name);
    collection->done.objects++;
    collection->done.bytes += (uint64_t)status.st_size;
    return 0;
}

static int drop_objects(struct collection *collection, struct err *err) {
    auto_dir DIR *dir = NULL;
    TRY(list(collection->store, "objects", &dir, err));
    for (struct dirent *entry; dir && collection->done.objects < collection->budget && (entry = readdir(dir));)
        if (is_ours(entry->d_name) && !wanted_has(collection->wanted, entry->d_name))
            TRY(drop_object(collection, dirfd(dir), entry->d_name, err));
    return dir && collection->done.objects ? temp_sync(dirfd(dir), "the objects", err) : 0;
}

/* ---- homes: an empty file each ---- */

static int add_home(struct storage_file *store, void *context, struct err *err) {
    const char *home = context;
    auto_fd int dir = storage_file_dir(store, "homes", err);
    TRY(dir);
    auto_fd int fd = openat(dir, home, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_sys(err, temp_reason(), "store: adding the home %s", home);
    return temp_sync(dir, "the homes", err);
}

static int drop_home(const struct storage_file *store, const char *home, struct err *err) {
    char path[256];
    snprintf(path, sizeof path, "homes/%s", home);
    return unlinkat(store->root, path, 0) == 0 || errno == ENOENT
               ? 0
               : err_sys(err, REASON_INFRA, "store: removing %s/%s", store->path, path);
}

int storage_file_homes(struct storage *storage, const char *add, const char *drop, storage_want_fn *visit,
                       void *context, struct err *err) {
    auto_dir DIR *dir = NULL;
    if (add)
        TRY(storage_file_patiently(own(storage), add_home, (void *)(uintptr_t)add, err));
    int there = storage_file_root(own(storage), false, err);
    if (there <= 0)
        return there;
    if (drop)
        TRY(drop_home(own(storage), drop, err));
    if (visit)
        TRY(list(own(storage), "homes", &dir, err));
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (entry->d_name[0] != '.')
            TRY(visit(context, entry->d_name));
    return 0;
}

/* ---- the whole ---- */

// By the clock of the file system, which also set the times of the objects.
static int clock_of(const struct storage_file *store, int held, int64_t *ret_ms, struct err *err) {
    struct stat status;
    if (futimens(held, NULL) < 0 || fstat(held, &status) < 0)
        return err_sys(err, REASON_INFRA, "store: the time of %s/lock", store->path);
    *ret_ms = touched_ms(&status);
    return 0;
}

static int now_ms(const struct storage_file *store, int64_t *ret, struct err *err) {
    auto_fd int held = storage_file_lock(store, err);
    TRY(held);
    return clock_of(store, held, ret, err);
}

/* ---- whose turn it is: the time of an empty file ---- */

static int last_turn_ms(const struct storage_file *store, int64_t *ret, struct err *err) {
    struct stat status;
    if (fstatat(store->root, "collected", &status, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : err_sys(err, REASON_INFRA, "store: looking at %s/collected", store->path);
    *ret = touched_ms(&status);
    return 1;
}

static int take_turn(const struct storage_file *store, struct err *err) {
    auto_fd int fd = openat(store->root, "collected", O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || futimens(fd, NULL) < 0)
        return err_sys(err, temp_reason(), "store: %s/collected", store->path);
    return 1;
}

int storage_file_turn(struct storage *storage, uint64_t every_ms, struct err *err) {
    struct storage_file *store = own(storage);
    int64_t now = 0, last = 0;
    int there = storage_file_root(store, false, err);
    if (there <= 0)
        return there; // nothing to collect
    auto_fd int held = storage_file_lock(store, err);
    TRY(held);
    TRY(clock_of(store, held, &now, err));
    int taken = last_turn_ms(store, &last, err);
    TRY(taken);
    return taken && last <= now && now - last < (int64_t)every_ms ? 0 : take_turn(store, err);
}

int storage_file_collect(struct storage *storage, uint64_t age_ms, uint64_t budget, struct wanted *wanted,
                         struct storage_collected *ret, struct err *err) {
    struct collection collection = {.store = own(storage), .wanted = wanted, .budget = budget};
    int64_t now = 0;
    int there = storage_file_root(collection.store, false, err);
    TRY(there);
    if (there) {
        TRY(now_ms(collection.store, &now, err));
        collection.upto_ms = now - (int64_t)age_ms;
        TRY(look_at_attempts(&collection, err));
        TRY(want_names(&collection, err));
        wanted_settle(wanted);
        TRY(drop_objects(&collection, err));
    }
    *ret = collection.done;
    return 0;
}

int storage_file_usage(struct storage *storage, const uint64_t *budget, struct storage_usage *ret, struct err *err) {
    struct storage_usage usage = {0};
    auto_dir DIR *dir = NULL;
    if (budget)
        return err_set(err, REASON_CONFIG,
                       "store: a directory has no budget of its own; its file system's quota is one");
    int there = storage_file_root(own(storage), false, err);
    TRY(there);
    if (there)
        TRY(list(own(storage), "objects", &dir, err));
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        struct stat status;
        if (fstatat(dirfd(dir), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode))
            usage.used_bytes += (uint64_t)status.st_size;
    }
    *ret = usage;
    return 0;
}
