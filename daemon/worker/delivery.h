/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs between `quern run` and quernd, and nothing else does: where a job comes from, where its sources are found,
 * where what it gives is put, and who is told. The steps speak to it only. One table of functions per home:
 * delivery_local.c (a directory and the events socket) and delivery_queue.c (a queue and its store).
 *
 * Calling sequence, by the steps: document → open… | tell… | result…, file…, kept…, written… → settle → commit → conclude.
 *
 *     document  the job as it was written, into attempt->job
 *     open      one of its sources, at exactly the bytes that were meant
 *     catalogue its keys, for a script that asks for them; borrowed
 *     result    a checked result, encoded and put in its place; `output` is told its key, version and bytes
 *     object    an output that is no table, as it is; `file`: what its file is called; likewise
 *     file      a finished file of the job; `output` may be NULL
 *     kept      a file that the script kept; `file` has its name, and is told its key and version
 *     written   bytes that the script wrote under a key, which names them if the job succeeds; `file` is told of both
 *     settle    the verdict is known: what the manifest says of the outputs is made true. Called again when it changed
 *     commit    all that was put, with the manifest that vouches for it
 *     conclude  the verdict and the manifest, told to whom it may concern. After an error nobody knows of them
 *     tell      news while the job runs; never fails
 *     wait      NULL, or what to watch while a script runs (-1: nothing) and when a turn is due at the latest
 *     turn      takes what came, sends what is due; never waits
 *     flush     NULL, or likewise, sends what is not due yet: something long follows
 *
 * Ownership: the table is static, the delivery belongs to whoever started the attempt; it outlives it.
 */
#ifndef DAEMON_DELIVERY_H
#define DAEMON_DELIVERY_H

#include "quern/events.h"
#include "quern/job.h"
#include "quern/storage.h"

struct attempt;
struct catalogue; /* quern/catalogue.h */

/* job.json: as text and as a sealed file; borrowed. */
struct delivery_manifest {
    const char *json;
    size_t bytes;
    int fd;
};

struct delivery_kind {
    int (*document)(struct attempt *attempt, struct err *err);
    int (*open)(struct attempt *attempt, const struct job_source *source, struct storage_object *ret, struct err *err);
    int (*catalogue)(struct attempt *attempt, struct catalogue **ret, struct err *err);
    int (*result)(struct attempt *attempt, uint32_t index, struct manifest_output *output, struct err *err);
    int (*object)(struct attempt *attempt, const char *file, int fd, struct manifest_output *output, struct err *err);
    int (*file)(struct attempt *attempt, const char *name, int fd, struct manifest_output *output, struct err *err);
    int (*kept)(struct attempt *attempt, int fd, struct manifest_file *file, struct err *err);
    int (*written)(struct attempt *attempt, const char *key, int fd, struct manifest_file *file, struct err *err);
    void (*settle)(struct attempt *attempt);
    int (*commit)(struct attempt *attempt, const struct delivery_manifest *manifest, struct err *err);
    int (*conclude)(struct attempt *attempt, const struct delivery_manifest *manifest, struct err *err);
    void (*tell)(struct attempt *attempt, const struct event *event, int fd);
    int (*wait)(struct attempt *attempt, uint64_t *ret_deadline_ns);
    void (*turn)(struct attempt *attempt);
    void (*flush)(struct attempt *attempt);
};

/* The first member of every kind's own struct. */
struct delivery {
    const struct delivery_kind *kind;
    bool keeps;           /* false: nothing is put anywhere, so nothing needs to be made for it */
    bool names_jobs;      /* there are keys job:ID/… */
    uint64_t patience_ms; /* what one attempt at a service may take, on top of a step's own time */
};

#endif
