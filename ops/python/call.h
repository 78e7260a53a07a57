/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a child was asked to do: the host_call records (host.h), checked and put together by child.c, as glue_run() gets
 * them. Plain data.
 *
 * Calling sequence (child.c): call_open() → call_take() for each record until it returns 1 → glue_run() → call_close().
 *
 * Ownership: child.c owns the descriptors and the parameters until the process ends; the glue borrows them. A descriptor
 * that Python is to own must be duplicated (or read and left alone). Dead descriptors are -1. Units: bytes.
 *
 * What the glue may rely on: the jail is on; the current directory is `work_dir`, writable and empty; 0, 1 and 2 are the
 * job's; the process has one thread; PyOS_AfterFork_Child() ran, so that `random` is seeded afresh. numpy's legacy global
 * generator is not: the glue reseeds it in the child, before the first submitted byte.
 */
#ifndef QUERN_PYTHON_CALL_H
#define QUERN_PYTHON_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "quern/host.h"

#define CALL_MAX_PARAMS 256u
#define CALL_MAX_COLUMNS 10000u
#define CALL_SCRIPT_BYTES (16u << 20) /* of the script's text */

struct call_input {
    uint32_t port;                   /* 1..HOST_MAX_PORTS, each at most once; ascending */
    int fd;                          /* a segment; sealed, read-only; not checked yet. Or an object's bytes */
    uint32_t kind;                   /* enum object_kind */
    char parameter[HOST_NAME_BYTES]; /* of azureml_main, that gets it; empty: by its port */
    char name[HOST_NAME_BYTES];
};

struct call_param {
    char key[HOST_NAME_BYTES]; /* not empty; each at most once */
    char value[HOST_VALUE_BYTES];
};

struct call {
    enum host_task task;
    enum host_dialect dialect;
    uint32_t flags;     /* enum host_flags */
    uint32_t profile;   /* enum segment_profile of this interpreter's pandas */
    bool other_streams; /* stdout and stderr are no pipes, as they were before the job was known */

    int script; /* RUN, LINT: the text */
    char script_name[HOST_NAME_BYTES];

    int bundle; /* the zip, or -1 */
    struct bundle_ceilings bundle_ceilings;
    char bundle_name[HOST_NAME_BYTES];

    int table; /* TYPE: the text */
    char table_name[HOST_NAME_BYTES];
    char separator;
    bool no_header;
    uint32_t column_count; /* TYPE: 0: all; LINT: ports */
    char **columns;

    char id[HOST_NAME_BYTES]; /* of the job */
    int requests;             /* the channel of quern/request.h, or -1 */

    uint32_t input_count;
    struct call_input inputs[HOST_MAX_PORTS];

    uint32_t param_count;
    struct call_param *params;

    int conversation;      /* for answer.h only */
    uint64_t result_bytes; /* no result may be larger */
    char work_dir[4096];   /* jail_work_path() */
};

/* An empty call; everything in it is dead. */
void call_open(struct call *call, int conversation, uint32_t profile);

/* Puts one record after COMMIT into the call. *fd is the descriptor that came beside it or -1; it becomes -1 when the
 * call has taken it. Returns 1 after START, when the call is complete, 0 when more is to come; REASON_BUG for a record
 * that is wrong. */
MUST_USE int call_take(struct call *call, const struct host_call *record, int *fd, struct err *err);

/* Closes the descriptors and frees the parameters. */
void call_close(struct call *call);

#endif
