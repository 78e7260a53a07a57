/* SPDX-License-Identifier: Apache-2.0 */
/* What a home of a catalogue is: a table of functions. catalogue.c has checked keys. */
#ifndef QUERN_STORAGE_CATALOGUE_HOME_H
#define QUERN_STORAGE_CATALOGUE_HOME_H

#include <stddef.h>

#include "quern/catalogue.h"

struct catalogue_home {
    /* 1, or 0 when there is no such name. */
    int (*find)(struct catalogue *catalogue, const char *key, struct storage_pin *ret, struct err *err);
    int (*promote)(struct catalogue *catalogue, const struct storage_name *names, size_t count, struct err *err);
    int (*remove)(struct catalogue *catalogue, const char *const *keys, size_t count, struct err *err);
    int (*names)(struct catalogue *catalogue, const char *prefix, storage_visit_fn *visit, void *context,
                 struct err *err);
    /* Before objects are put for this home, or wanted by it: the store learns of the home. NULL: it is the store. */
    int (*join)(struct catalogue *catalogue, struct err *err);
    /* What the store calls it; NULL: it is the store. Borrowed from the catalogue. */
    int (*identity)(struct catalogue *catalogue, const char **ret, struct err *err);
    /* What of the store is wanted here, as in struct storage_collect, with the catalogue as context; NULL: what the store
     * knows itself. */
    int (*wanted)(void *catalogue, storage_want_fn *want, void *set, struct err *err);
};

/* The first member of every home's own struct. */
struct catalogue {
    const struct catalogue_home *home; /* borrowed, static */
    struct storage *storage;           /* borrowed */
};

#endif
