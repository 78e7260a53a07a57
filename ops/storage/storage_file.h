/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The back end file: (schemas/storage.md), private to its sources and its tests. storage_file.c has objects and
 * attempts, storage_file_names.c the names, storage_file_room.c what a full disk means, storage_file_collect.c what nobody
 * wants.
 */
#ifndef QUERN_STORAGE_FILE_H
#define QUERN_STORAGE_FILE_H

#include <stdbool.h>

#include <sys/types.h>

#include "backend.h"

struct storage_file {
    struct storage base;
    char *path;           /* owned */
    int root;             /* owned; -1: not opened yet, perhaps not made yet */
    uint32_t patience_ms; /* how long a change waits while the disk is full; 0: not at all */
    struct patience patience;
    bool named_temps;                  /* tests: as on a file system without O_TMPFILE */
    void (*checkpoint)(void *context); /* tests: called between the steps of a change; NULL */
    void *context;
};

void storage_file_reach(const struct storage_file *store); /* a checkpoint */

/* Opens the root: 1, or 0 when there is none and `make` is false. */
MUST_USE int storage_file_root(struct storage_file *store, bool make, struct err *err);

/* A directory below the root, made with its parents if need be, durable. */
MUST_USE int storage_file_dir(struct storage_file *store, const char *path, struct err *err);

/* `text` becomes the file `name` in `dir`, durable: in place of what was there, or -1 and err.sys EEXIST. */
MUST_USE int storage_file_write(const struct storage_file *store, int dir, const char *name, const char *text,
                                bool replace, struct err *err);

/* The whole small file below the root: 1, or 0 when there is none. */
MUST_USE int storage_file_read(const struct storage_file *store, const char *path, char **ret, size_t *ret_bytes,
                               struct err *err);

/* Who holds the lock may change names and remove objects. Returns its descriptor. */
MUST_USE int storage_file_lock(const struct storage_file *store, struct err *err);

/* Makes an object young, under the lock: 1, or 0 when there is none. */
MUST_USE int storage_file_keep(struct storage_file *store, const char *version, uint64_t *ret_bytes, struct err *err);

/* Makes a change, which may be repeated, again and again while the disk is full and patience lasts; UNWRITABLE then names the
 * directory and the remedy. */
typedef int storage_file_change_fn(struct storage_file *store, void *context, struct err *err);
MUST_USE int storage_file_patiently(struct storage_file *store, storage_file_change_fn *change, void *context,
                                    struct err *err);

/* Takes room for so many bytes, where the file system does that; the file's size stays. */
MUST_USE int storage_file_reserve(int fd, uint64_t bytes, struct err *err);

/* Always -1: *err, UNWRITABLE, becomes LIMIT_DISK where the whole disk has not so much: that need not wait for room. */
int storage_file_no_room(const struct storage_file *store, uint64_t bytes, struct err *err);

int storage_file_check(struct storage *storage, struct err *err);
int storage_file_find(struct storage *storage, const char *key, struct storage_pin *ret, struct err *err);
int storage_file_promote(struct storage *storage, uint64_t fence, const struct storage_name *names, size_t count,
                         struct err *err);
int storage_file_names(struct storage *storage, const char *prefix, storage_visit_fn *visit, void *context,
                       struct err *err);
int storage_file_usage(struct storage *storage, const uint64_t *budget, struct storage_usage *ret, struct err *err);
int storage_file_homes(struct storage *storage, const char *add, const char *drop, storage_want_fn *visit,
                       void *context, struct err *err);
int storage_file_turn(struct storage *storage, uint64_t every_ms, struct err *err);
int storage_file_collect(struct storage *storage, uint64_t age_ms, uint64_t budget, struct wanted *wanted,
                         struct storage_collected *ret, struct err *err);

#endif
