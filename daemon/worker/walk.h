/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks the regular files below a directory of a dead job, which nobody changes any more and in which everything may stand.
 * Links, devices, pipes and other mounts are never followed; WALK_MAX_ENTRIES and WALK_MAX_DEPTH bound it.
 *
 *     struct walk walk = {.wants = …, .take = …, .skip = …, .context = …};
 *     walk_files(&walk, dir, "", err) → walk.entries > WALK_MAX_ENTRIES: the rest was not looked at
 *
 * Ownership: `dir` is borrowed, `fd` is borrowed by take (dup() what is kept). Errors: those of take end the walk.
 */
#ifndef DAEMON_WALK_H
#define DAEMON_WALK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "quern/err.h"

#define WALK_MAX_DEPTH 32
#define WALK_MAX_ENTRIES 100000u

struct walk {
    bool (*wants)(void *context, const char *path, bool directory); /* path: below `dir`, with the one that was given */
    int (*take)(void *context, const char *path, int fd, const struct stat *status, struct err *err);
    void (*skip)(void *context, const char *path); /* wanted, and no regular file that can be read */
    void *context;
    uint32_t entries; /* seen so far */
};

MUST_USE int walk_files(struct walk *walk, int dir, const char *path, struct err *err);

/* A directory below, or -1: there is none, or something else. */
int walk_enter(int dir, const char *name);

#endif
