/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files as memory, in a child of quern-codec.
 *
 * A mapped file that somebody else cuts, and memory that the machine does not have after all, show as SIGBUS. The child
 * watches for it: a fault inside of a mapping made here ends the process with a FAILED reply that says which it was.
 *
 * Mappings are released by codec_unmap() or with the process. Errors: REASON_BAD_INPUT for a blob,
 * REASON_BAD_RESULT and REASON_LIMIT_OUTPUT for a segment, REASON_INFRA for memory.
 */
#ifndef QUERN_CODEC_MAP_H
#define QUERN_CODEC_MAP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "codec_child.h"
#include "quern/err.h"

struct codec_map {
    void *bytes; /* never NULL once mapped, also when count is 0 */
    size_t count;
    struct stat status; /* of the file when it was mapped */
};

/* Before the first mapping. */
MUST_USE int codec_map_watch(const struct codec_child *child, struct err *err);

/* A foreign file, read-only. Whether somebody wrote to it meanwhile is for who opened it to see: objects of a store are
 * touched at any time, and never change. */
MUST_USE int codec_map_blob(int fd, struct codec_map *ret, struct err *err);

/* The granted memory file, writable; it has to have exactly `bytes`. */
MUST_USE int codec_map_grant(int fd, uint64_t bytes, struct codec_map *ret, struct err *err);

/* A sealed segment within the request's ceilings, read-only, every rule of it proven: now, or before where the request says
 * so. */
MUST_USE int codec_map_segment(const struct codec_child *child, int fd, struct codec_map *ret, struct err *err);

void codec_unmap(struct codec_map *map);

#endif
