/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One attempt at one job: everything that a worker's steps hand to each other. Plain data in the order in which the
 * steps fill it.
 *
 * Calling sequence: attempt_init() → job_steps_run() → attempt_done(), which frees and closes all of it, half-built or not.
 */
#ifndef DAEMON_ATTEMPT_H
#define DAEMON_ATTEMPT_H

#include "delivery.h"
#include "quern/codec.h"
#include "quern/job.h"
#include "quern/run.h"
#include "quern/storage.h"
#include "quern/supervisor.h"
#include "report.h"
#include "requests.h"
#include "spool.h"
#include "supervisor_calls.h"

/* claim → load: what is pinned; load → run: what is mapped. */
struct attempt_input {
    struct storage_object blob;
    struct supervisor_key key;
    uint32_t state; /* enum supervisor_segment_state */
    int segment;    /* sealed, read-only; -1 until loaded, and of an object: the child gets the blob */
    uint64_t bytes;
};

/* run → collect: what the script returned; collect → publish: what was checked. */
struct attempt_result {
    char port[HOST_NAME_BYTES];
    int segment;
    uint32_t kind; /* enum object_kind; of an object, `segment` is its bytes, which nobody here looks at */
    uint64_t segment_bytes, rows;
    uint32_t columns;
};

/* collect → publish. */
struct attempt_picture {
    char *name; /* below the work directory; owned */
    int fd;
    int64_t modified_ns;
    bool joined; /* usable: stands in the joined picture */
};

/* run, collect → publish: a file that the script kept, and what it wrote under a key. */
struct attempt_file {
    char *name; /* owned; a path, or a key */
    int fd;
    bool segment; /* a dataset: to be checked and encoded */
};

struct attempt {
    struct supervisor_calls *calls; /* borrowed: it outlives the job */
    struct delivery *delivery;      /* borrowed */
    struct report report;
    uint64_t begun_ns; /* the claim began */
    enum run_task task;
    uint32_t task_rows; /* RUN_HEAD */
    struct job job;
    struct manifest manifest;
    struct err verdict; /* the first error; reason 0 while all is well */
    enum step step;
    struct err awaited; /* what the step waited for last; reason 0: nothing */

    struct codec codec; /* requests: -1 until connected */
    int zygote;         /* request socket */
    uint32_t profile;

    struct storage_object script, bundle;
    struct attempt_input inputs[HOST_MAX_PORTS];

    int asked; /* load → run: for the script's child, by child_ask(); -1: for none */

    int work_dir;  /* of the dead child */
    int work_hold; /* as long as it is open the zygote leaves that directory alone */
    struct spool out, err;
    struct attempt_result results[HOST_MAX_PORTS];
    uint32_t result_count;

    struct attempt_picture *pictures;
    uint32_t picture_count;
    int joined; /* the joined picture, sealed; -1: none */

    struct requests requests;
    struct attempt_file *files; /* MANIFEST_MAX_FILES of them at most; kept.h */
    uint32_t file_count;
    struct attempt_file *written; /* MANIFEST_MAX_WRITTEN */
    uint32_t written_count;
};

void attempt_init(struct attempt *attempt, struct supervisor_calls *calls, struct delivery *delivery);
void attempt_done(struct attempt *attempt);

/* The steps, in the order of schemas/steps.def; each in a file of its own name. */
MUST_USE int step_claim(struct attempt *attempt, struct err *err);
MUST_USE int step_load(struct attempt *attempt, struct err *err);
/* A dataset whose `in->blob` is open, by the same ways: in->segment. */
MUST_USE int load_dataset(struct attempt *attempt, const struct job_input *wanted, struct attempt_input *in,
                          struct err *err);
MUST_USE int step_run(struct attempt *attempt, struct err *err);
MUST_USE int view_run(struct attempt *attempt, struct err *err); /* step run of a task that only looks */
MUST_USE int step_collect(struct attempt *attempt, struct err *err);
MUST_USE int step_publish(struct attempt *attempt, struct err *err);
MUST_USE int step_complete(struct attempt *attempt, struct err *err);

/* Runs the table. 0: the manifest was told, whatever the job's fate; or calls_dropped(), and nothing was. */
MUST_USE int job_steps_run(struct attempt *attempt, struct err *err);

/* The step waits for a service, and says so: its deadline begins anew. False: nobody wants it to wait any longer. */
bool job_steps_wait(struct attempt *attempt, const struct err *why);

#endif
