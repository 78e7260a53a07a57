/* SPDX-License-Identifier: Apache-2.0 */
/* The drop's inside, for its source and its tests. */
#ifndef QUERN_STORAGE_DROP_H
#define QUERN_STORAGE_DROP_H

#include <stdbool.h>
#include <stddef.h>

#include "temp.h"

#define DROP_MAX_FILES 1024u
#define DROP_NAME_BYTES 320

struct storage_drop_file {
    char name[DROP_NAME_BYTES];
    struct temp temp;
};

struct storage_drop {
    char *path; /* owned; as the user wrote it */
    int dir;    /* owned */
    bool made;  /* the directory is ours, and goes when nothing was committed */
    bool committed;
    bool named_temps;                /* tests */
    struct storage_drop_file *files; /* owned */
    size_t count;
    void (*checkpoint)(void *context); /* tests; NULL */
    void *context;
};

#endif
