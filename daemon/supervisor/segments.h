/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The supervisor's table of segments: which datasets are in memory, who decodes one now, who waits, who pins.
 *
 * A segment is LOADING (one holder decodes it, others wait) or READY (a sealed, read-only descriptor). Holders are small
 * numbers: the index of a worker's connection. A holder's pins end with segments_release(). Unpinned segments are
 * forgotten, the longest unused first, when room is needed. Owns all descriptors it is given; those it returns are
 * borrowed until the next call. Units: bytes.
 *
 * Errors: REASON_LIMIT_MEMORY over the budget, REASON_BUG for a holder that does not keep the order of calls.
 */
#ifndef DAEMON_SEGMENTS_H
#define DAEMON_SEGMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "quern/supervisor.h"

#define SEGMENTS_MAX 1024u
#define SEGMENTS_HOLDERS 64u

struct segment_entry {
    struct supervisor_key key; /* empty text: a free entry */
    int fd;                    /* LOADING: the granted file or -1; READY: read-only */
    bool ready;
    uint64_t bytes;
    uint64_t pins;    /* bit per holder */
    uint64_t waiters; /* bit per holder */
    uint32_t loader;  /* LOADING: holder */
    uint64_t used_at; /* counter of the last use */
};

struct segments {
    struct segment_entry entries[SEGMENTS_MAX];
    uint64_t budget_bytes;
    uint64_t used_bytes;
    uint64_t free_bytes; /* what the host has besides; set by whoever calls, before RESERVE and GRANT */
    uint64_t uses;
    uint64_t hits, decodes; /* reservations that found it ready; segments that workers loaded */
};

void segments_init(struct segments *segments, uint64_t budget_bytes);
void segments_done(struct segments *segments);

/* HIT pins and sets *ret_fd; LOAD makes the holder the loader; WAIT enlists it. */
MUST_USE int segments_reserve(struct segments *segments, uint32_t holder, const struct supervisor_key *key,
                              enum supervisor_segment_state *ret_state, int *ret_fd, struct err *err);
/* The largest segment that would be granted now; what nobody pins makes room. */
uint64_t segments_available(const struct segments *segments);
/* The largest that could be granted to the holder if all others let go of everything. */
uint64_t segments_most(const struct segments *segments, uint32_t holder);
/* Memory for what the holder loads: a new file, also kept here. Asked for again, it takes the place of the former one. */
MUST_USE int segments_grant(struct segments *segments, uint32_t holder, const struct supervisor_key *key,
                            uint64_t bytes, int *ret_fd, struct err *err);
/* The granted file, or `fd` (>= 0; ownership passes), is sealed: becomes READY. *ret_waiters: bit per holder that
 * waited and is now pinned. */
MUST_USE int segments_publish(struct segments *segments, uint32_t holder, const struct supervisor_key *key, int fd,
                              int *ret_fd, uint64_t *ret_waiters, struct err *err);
/* Loading failed: the next waiter becomes the loader, *ret_next, or UINT32_MAX when nobody waits. */
MUST_USE int segments_abandon(struct segments *segments, uint32_t holder, const struct supervisor_key *key,
                              uint32_t *ret_next, struct err *err);
/* A new segment straight to READY, pinned by the holder; ownership of `fd` passes. */
MUST_USE int segments_keep(struct segments *segments, uint32_t holder, const struct supervisor_key *key, int fd,
                           struct err *err);
/* All pins and waits of the holder. */
void segments_release(struct segments *segments, uint32_t holder);
/* The key of an entry this holder is loading, or NULL: call until NULL with segments_abandon() when it dies. */
const struct supervisor_key *segments_loading(const struct segments *segments, uint32_t holder);
bool segments_pins(const struct segments *segments, uint32_t holder);  /* any */
bool segments_waits(const struct segments *segments, uint32_t holder); /* for any that another one loads */

#endif
