/* SPDX-License-Identifier: Apache-2.0 */
/* What a back end of storage is: a table of functions behind a scheme. storage.c has checked keys and attempts. */
#ifndef QUERN_STORAGE_BACKEND_H
#define QUERN_STORAGE_BACKEND_H

#include <stddef.h>
#include <stdint.h>

#include "quern/storage.h"

struct storage_backend {
    const char *scheme; /* with its colon */
    int (*open)(const char *rest, struct storage **ret, struct err *err);
    void (*close)(struct storage *storage);
    int (*get)(struct storage *storage, const char *key, const char *version, struct storage_object *ret,
               struct err *err);
    int (*put)(struct storage *storage, int source_fd, char ret_version[STORAGE_VERSION_BYTES], struct err *err);
    int (*stage)(struct storage *storage, const char *attempt, int source_fd, char ret_version[STORAGE_VERSION_BYTES],
                 struct err *err);
    int (*commit)(struct storage *storage, const char *attempt, const char *manifest, struct err *err);
    /* A name without a version (NULL) is removed. */
    int (*promote)(struct storage *storage, uint64_t fence, const struct storage_name *names, size_t count,
                   struct err *err);
    int (*names)(struct storage *storage, const char *prefix, storage_visit_fn *visit, void *context, struct err *err);
};

/* The first member of every back end's own struct. */
struct storage {
    const struct storage_backend *backend; /* borrowed, static */
};

extern const struct storage_backend storage_file_backend;

#endif
