/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file without a name, in the directory where it will have one: O_TMPFILE, or a hidden name where the file system has
 * no such thing. Calling sequence: temp_open() → write to fd → fsync → temp_link() or temp_replace() → temp_close().
 * Without a link nothing stays behind, and with O_TMPFILE not even after kill -9.
 */
#ifndef QUERN_STORAGE_TEMP_H
#define QUERN_STORAGE_TEMP_H

#include <stdbool.h>
#include <sys/types.h>

#include "quern/err.h"

#define TEMP_PREFIX ".quern-tmp-"

struct temp {
    int dir;       /* borrowed */
    int fd;        /* owned */
    char name[40]; /* empty: the file has no name yet, or its final one */
};

/* `named`: as on a file system without O_TMPFILE. */
MUST_USE int temp_open(int dir, mode_t mode, bool named, struct temp *ret, struct err *err);

/* A new name: -1 and EEXIST when it is taken. Only errno is set. */
MUST_USE int temp_link(struct temp *temp, const char *name);
/* The same in another directory of the file system. */
MUST_USE int temp_link_at(struct temp *temp, int dir, const char *name);
/* Takes the place of what has the name, of a symbolic link too, and never of a directory. Only errno is set. */
MUST_USE int temp_replace(struct temp *temp, const char *name);

void temp_close(struct temp *temp); /* accepts a zeroed one, and again */

/* What errno means of a directory of the host's, a store or one that receives outputs: REASON_UNWRITABLE a full disk or quota,
 * whoever filled it; REASON_LIMIT_DISK a file larger than files may be; else REASON_INFRA. Of a job's work directory, which
 * its own limit fills, nothing is written this way. */
enum reason temp_reason(void);
MUST_USE int temp_write(int fd, const void *bytes, size_t count, struct err *err);
MUST_USE int temp_sync(int fd, const char *what, struct err *err);

#define auto_temp __attribute__((cleanup(temp_close)))

#endif
