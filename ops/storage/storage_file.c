// SPDX-License-Identifier: Apache-2.0
#include "storage_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "digest.h"
#include "quern/memory.h"
#include "quern/object.h"
#include "quern/own.h"
#include "temp.h"

enum { SMALL_OBJECT_BYTES = 4096, COPY_BYTES = 128 << 10, SMALL_BYTES = 16 << 20 };

static struct storage_file *own(struct storage *storage) { return (struct storage_file *)(void *)storage; }

void storage_file_reach(const struct storage_file *store) {
    if (store->checkpoint)
        store->checkpoint(store->context);
}

/* ---- directories ---- */

// Makes one directory and its entry durable. Returns a descriptor of it.
static int enter(int parent, const char *name, struct err *err) {
    bool made = mkdirat(parent, name, 0700) == 0;
    if (!made && errno != EEXIST)
        return err_sys(err, temp_reason(), "store: making the directory %s", name);
    if (made)
        TRY(temp_sync(parent, "a directory of the store", err));
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? err_sys(err, temp_reason(), "store: opening the directory %s", name) : fd;
}

static int enter_all(int start, const char *path, struct err *err) {
    auto_fd int at = start;
    char copy[PATH_MAX], *rest = NULL;
    snprintf(copy, sizeof copy, "%s", path); // file_open() and the ceiling on keys see to it that it fits
    for (char *part = strtok_r(copy, "/", &rest); part; part = strtok_r(NULL, "/", &rest)) {
        int next = enter(at, part, err);
        TRY(next);
        close(at);
        at = next;
    }
    return steal_fd(&at);
}

int storage_file_root(struct storage_file *store, bool make, struct err *err) {
    if (store->root >= 0)
        return 1;
    int fd = open(store->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && !make)
        return 0;
    if (fd < 0 && errno == ENOENT) {
        int top = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (top < 0)
            return err_sys(err, REASON_INFRA, "store: opening /");
        fd = enter_all(top, store->path, err);
        TRY(fd);
    }
    if (fd < 0)
        return err_sys(err, REASON_INFRA, "store: opening the directory %s", store->path);
    store->root = fd;
    return 1;
}

int storage_file_dir(struct storage_file *store, const char *path, struct err *err) {
    TRY(storage_file_root(store, true, err));
    int root = fcntl(store->root, F_DUPFD_CLOEXEC, 0);
    if (root < 0)
        return err_sys(err, REASON_INFRA, "store: a descriptor of %s", store->path);
    return enter_all(root, path, err);
}

/* ---- small files ---- */

int storage_file_write(const struct storage_file *store, int dir, const char *name, const char *text, bool replace,
                       struct err *err) {
    auto_temp struct temp temp = {.fd = -1};
    TRY(temp_open(dir, 0600, store->named_temps, &temp, err));
    TRY(temp_write(temp.fd, text, strlen(text), err));
    storage_file_reach(store);
    TRY(temp_sync(temp.fd, name, err));
    if ((replace ? temp_replace(&temp, name) : temp_link(&temp, name)) < 0)
        return err_sys(err, temp_reason(), "store: naming the file %s", name);
    storage_file_reach(store);
    return temp_sync(dir, "a directory of the store", err);
}

int storage_file_read(const struct storage_file *store, const char *path, char **ret, size_t *ret_bytes,
                      struct err *err) {
    auto_fd int fd = openat(store->root, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    if (fd < 0)
        return err_sys(err, REASON_INFRA, "store: opening %s", path);
    TRY(memory_read(fd, path, SMALL_BYTES, ret, ret_bytes, err));
    return 1;
}

/* ---- objects ---- */

static int file_get(struct storage *storage, const char *version, struct storage_object *ret, struct err *err) {
    struct storage_file *store = own(storage);
    char path[STORAGE_VERSION_BYTES + 16];
    snprintf(path, sizeof path, "objects/%s", version);
    int there = storage_file_root(store, false, err);
    if (there <= 0)
        return there;
    auto_fd int fd = openat(store->root, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return 0;
    struct stat status;
    if (fd < 0 || fstat(fd, &status) < 0)
        return err_sys(err, REASON_INFRA, "store: opening version %s", version);
    struct storage_object object = {.fd = steal_fd(&fd), .bytes = (uint64_t)status.st_size};
    snprintf(object.version, sizeof object.version, "%s", version);
    *ret = object;
    return 1;
}

int storage_file_keep(struct storage_file *store, const char *version, uint64_t *ret_bytes, struct err *err) {
    struct storage_object object;
    int found = file_get(&store->base, version, &object, err);
    if (found <= 0)
        return found;
    auto_fd int fd = object.fd;
    // The time of its last change is what the collector goes by.
    if (futimens(fd, NULL) < 0)
        return err_sys(err, temp_reason(), "store: keeping version %s", version);
    *ret_bytes = object.bytes;
    return 1;
}

static int keep_once(struct storage_file *store, const char *version, uint64_t *ret_bytes, struct err *err) {
    int there = storage_file_root(store, false, err);
    if (there <= 0)
        return there;
    auto_fd int held = storage_file_lock(store, err);
    TRY(held);
    return storage_file_keep(store, version, ret_bytes, err);
}

struct keep {
    const char *version;
    uint64_t *ret_bytes;
};

static int keep(struct storage_file *store, void *context, struct err *err) {
    const struct keep *keep = context;
    return keep_once(store, keep->version, keep->ret_bytes, err);
}

static int file_keep(struct storage *storage, const char *version, uint64_t *ret_bytes, struct err *err) {
    return storage_file_patiently(own(storage), keep, &(struct keep){version, ret_bytes}, err);
}

// One pass: what is hashed is what is written, whatever happens to the source meanwhile.
static int copy_and_hash(int source, int target, uint32_t kind, char version[STORAGE_VERSION_BYTES], struct err *err) {
    auto_digest struct digest digest = {NULL};
    char buffer[COPY_BYTES];
    off_t done = 0;
    TRY(digest_begin(&digest, err));
    for (ssize_t got; (got = pread(source, buffer, COPY_BYTES, done)) != 0;) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_sys(err, REASON_INFRA, "store: reading the source");
        TRY(digest_add(&digest, buffer, (size_t)got, err));
        TRY(temp_write(target, buffer, (size_t)got, err));
        done += got;
    }
    return digest_version(&digest, kind, version, err);
}

// An object that is there already has these bytes, and was durable before it had its name; it may be old enough to be
// collected at any moment, so it is made young, or it is gone and its place is free.
static int name_object(struct storage_file *store, struct temp *temp, const char *version, struct err *err) {
    uint64_t bytes;
    int kept = 0;
    while (kept == 0 && temp_link(temp, version) < 0) {
        if (errno != EEXIST)
            return err_sys(err, temp_reason(), "store: naming the object %s", version);
        kept = keep_once(store, version, &bytes, err);
    }
    return kept < 0 ? -1 : 0;
}

// What is small is often there already, an empty log above all: to look is cheaper than to write it durably once more.
// 1: it is there, and young.
static int keep_small(struct storage_file *store, uint32_t kind, int source, char version[STORAGE_VERSION_BYTES],
                      struct err *err) {
    auto_digest struct digest digest = {NULL};
    char buffer[SMALL_OBJECT_BYTES];
    uint64_t bytes;
    ssize_t got = pread(source, buffer, sizeof buffer, 0);
    if (got < 0 || got == (ssize_t)sizeof buffer)
        return 0;
    TRY(digest_begin(&digest, err));
    TRY(digest_add(&digest, buffer, (size_t)got, err));
    TRY(digest_version(&digest, kind, version, err));
    return keep_once(store, version, &bytes, err);
}

static int write_object(struct storage_file *store, int objects, uint32_t kind, int source_fd,
                        char version[STORAGE_VERSION_BYTES], struct err *err) {
    auto_temp struct temp temp = {.fd = -1};
    struct stat status;
    if (fstat(source_fd, &status) < 0)
        return err_sys(err, REASON_INFRA, "store: reading the source");
    uint64_t bytes = status.st_size > 0 ? (uint64_t)status.st_size : 0;
    TRY(temp_open(objects, 0600, store->named_temps, &temp, err));
    storage_file_reach(store);
    if (storage_file_reserve(temp.fd, bytes, err) < 0 || copy_and_hash(source_fd, temp.fd, kind, version, err) < 0)
        return storage_file_no_room(store, bytes, err);
    storage_file_reach(store);
    TRY(temp_sync(temp.fd, "an object", err));
    storage_file_reach(store);
    return name_object(store, &temp, version, err);
}

struct put {
    uint32_t kind;
    int source_fd;
    char version[STORAGE_VERSION_BYTES];
};

static int put(struct storage_file *store, void *context, struct err *err) {
    struct put *put = context;
    auto_fd int objects = storage_file_dir(store, "objects", err);
    TRY(objects);
    int there = keep_small(store, put->kind, put->source_fd, put->version, err);
    TRY(there);
    if (there == 0)
        TRY(write_object(store, objects, put->kind, put->source_fd, put->version, err));
    storage_file_reach(store);
    // Also of one that was there: whoever put it may not have come so far.
    return temp_sync(objects, "the objects", err);
}

static int file_put(struct storage *storage, uint32_t kind, int source_fd, char ret_version[STORAGE_VERSION_BYTES],
                    struct err *err) {
    struct put call = {.kind = kind, .source_fd = source_fd};
    TRY(storage_file_patiently(own(storage), put, &call, err));
    memcpy(ret_version, call.version, sizeof call.version);
    return 0;
}

/* ---- attempts ---- */

static int attempt_dir(struct storage_file *store, const char *attempt, struct err *err) {
    char path[256];
    snprintf(path, sizeof path, "attempts/%s", attempt);
    return storage_file_dir(store, path, err);
}

// One line per object. A line that kill -9 cut off names no object; an object without a line is one that nobody keeps.
static int file_stage(struct storage *storage, const char *attempt, int source_fd,
                      char ret_version[STORAGE_VERSION_BYTES], struct err *err) {
    char version[STORAGE_VERSION_BYTES], line[STORAGE_VERSION_BYTES + 2];
    auto_fd int dir = attempt_dir(own(storage), attempt, err);
    TRY(dir);
    TRY(file_put(storage, OBJECT_DATASET, source_fd, version, err));
    auto_fd int list = openat(dir, "staged", O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (list < 0)
        return err_sys(err, temp_reason(), "store: opening the list of attempt %s", attempt);
    snprintf(line, sizeof line, "%s\n", version);
    TRY(temp_write(list, line, strlen(line), err));
    TRY(temp_sync(list, "the list of an attempt", err));
    TRY(temp_sync(dir, "an attempt", err));
    snprintf(ret_version, STORAGE_VERSION_BYTES, "%s", version);
    return 0;
}

// The same manifest again is the same commit: whoever is not sure may repeat it.
static int file_commit(struct storage *storage, const char *attempt, const char *manifest, struct err *err) {
    struct storage_file *store = own(storage);
    struct err fault = {0};
    auto_fd int dir = attempt_dir(store, attempt, err);
    TRY(dir);
    if (storage_file_write(store, dir, "manifest.json", manifest, false, &fault) == 0)
        return 0;
    if (fault.sys != EEXIST) {
        if (err)
            *err = fault;
        return -1;
    }
    char path[256];
    auto_free char *before = NULL;
    size_t bytes = 0;
    snprintf(path, sizeof path, "attempts/%s/manifest.json", attempt);
    TRY(storage_file_read(store, path, &before, &bytes, err));
    if (before && strcmp(before, manifest) == 0)
        return 0;
    return storage_other_manifest(attempt, err);
}

/* ---- the store ---- */

static int file_open(const struct storage_options *options, struct storage **ret, struct err *err) {
    const char *rest = options->url + strlen("file:");
    if (rest[0] != '/' || strlen(rest) >= PATH_MAX)
        return err_set(err, REASON_CONFIG, "store: expected file:/absolute/directory, found \"file:%.200s\"", rest);
    struct storage_file *store = calloc(1, sizeof *store);
    char *path = strdup(rest);
    if (!store || !path) {
        free(store);
        free(path);
        return err_set(err, REASON_INFRA, "store: out of memory");
    }
    *store = (struct storage_file){.base.backend = &storage_file_backend,
                                   .path = path,
                                   .root = -1,
                                   .patience_ms = options->patience_ms,
                                   .patience = options->patience};
    *ret = &store->base;
    return 0;
}

static void file_close(struct storage *storage) {
    struct storage_file *store = own(storage);
    if (store->root >= 0)
        close(store->root);
    free(store->path);
    free(store);
}

const struct storage_backend storage_file_backend = {
    .open = file_open,
    .close = file_close,
    .check = storage_file_check,
    .find = storage_file_find,
    .get = file_get,
    .keep = file_keep,
    .put = file_put,
    .stage = file_stage,
    .commit = file_commit,
    .promote = storage_file_promote,
    .names = storage_file_names,
    .usage = storage_file_usage,
    .homes = storage_file_homes,
    .turn = storage_file_turn,
    .collect = storage_file_collect,
};
