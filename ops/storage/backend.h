/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a back end of storage is: a table of functions behind a scheme. storage.c has checked keys, attempts, and
 * versions, which are sha256-HEX.
 */
#ifndef QUERN_STORAGE_BACKEND_H
#define QUERN_STORAGE_BACKEND_H

#include <stddef.h>
#include <stdint.h>

#include "quern/storage.h"
#include "wanted.h"

struct storage_backend {
    int (*open)(const struct storage_options *options, struct storage **ret, struct err *err);
    void (*close)(struct storage *storage);
    int (*check)(struct storage *storage, struct err *err);
    /* The next three: 1, or 0 when there is no such name or object. */
    int (*find)(struct storage *storage, const char *key, struct storage_pin *ret, struct err *err);
    int (*get)(struct storage *storage, const char *version, struct storage_object *ret, struct err *err);
    int (*keep)(struct storage *storage, const char *version, uint64_t *ret_bytes, struct err *err);
    int (*put)(struct storage *storage, uint32_t kind, int source_fd, char ret_version[STORAGE_VERSION_BYTES],
               struct err *err);
    int (*stage)(struct storage *storage, const char *attempt, int source_fd, char ret_version[STORAGE_VERSION_BYTES],
                 struct err *err);
    int (*commit)(struct storage *storage, const char *attempt, const char *manifest, struct err *err);
    /* A name without a version (NULL) is removed. */
    int (*promote)(struct storage *storage, uint64_t fence, const struct storage_name *names, size_t count,
                   struct err *err);
    int (*names)(struct storage *storage, const char *prefix, storage_visit_fn *visit, void *context, struct err *err);
    /* After the budget was set, if one is given. */
    int (*usage)(struct storage *storage, const uint64_t *budget, struct storage_usage *ret, struct err *err);
    /* Each home, after one was added or dropped (NULL: none is). A visitor's -1 is passed on. */
    int (*homes)(struct storage *storage, const char *add, const char *drop, storage_want_fn *visit, void *context,
                 struct err *err);
    /* 1: nobody had taken the turn for so long, and now the caller has; 0 otherwise. */
    int (*turn)(struct storage *storage, uint64_t every_ms, struct err *err);
    int (*collect)(struct storage *storage, uint64_t age_ms, uint64_t budget, struct wanted *wanted,
                   struct storage_collected *ret, struct err *err);
};

/* The first member of every back end's own struct. */
struct storage {
    const struct storage_backend *backend; /* borrowed, static */
};

/* REASON_NOT_FOUND unless it is sha256-HEX; `key`, which may be "", is what the error calls it. */
MUST_USE int storage_version_check(const char *key, const char *version, struct err *err);

/* Keys and versions, each key once; BAD_INPUT, `what` in front. A name without a version is about to be removed. */
MUST_USE int storage_names_check(const char *what, const struct storage_name *names, size_t count, struct err *err);

/* What back ends find, in the same words: always -1. */
int storage_no_key(const char *key, struct err *err);
int storage_no_version(const char *key, const char *version, struct err *err);
int storage_other_manifest(const char *attempt, struct err *err);
int storage_lost_object(const char *attempt, const char *version, struct err *err);

extern const struct storage_backend storage_file_backend, storage_redis_backend;

#endif
