/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a worker tells while it works: to the terminal (`quern run`), or to the queue's event stream (quernd). Records
 * over SOCK_SEQPACKET, one way. The worker waits while the socket is full, and with it the job: whoever takes the events
 * keeps what cannot be passed on yet (of LOG no more than limits.output_bytes of each stream come) and never waits
 * itself, because it also enforces the job's limits. End of file: the worker is gone.
 *
 *     STEP_BEGIN step · STEP_END step, elapsed_us, err · NOTE text, for the line of the step · LOG stream, bytes
 *     PREVIEW port, text: the output's name, fd: head JSON · PICTURE fd: the joined picture
 *     PRODUCT fd: what a look at a dataset gave (enum run_task)
 *     PROGRESS text: how far the script says that it is, one line
 *     WAIT step, err: what it waits for, a service that does not do its part; told when it begins and when it changes
 *     MANIFEST err: the verdict, fd: the result manifest; the last event of a job
 */
#ifndef QUERN_EVENTS_H
#define QUERN_EVENTS_H

#include <stdint.h>

#include "quern/err.h"

#define EVENT_BYTES 32768u

enum event_kind {
    EVENT_STEP_BEGIN = 1,
    EVENT_STEP_END,
    EVENT_NOTE,
    EVENT_LOG,
    EVENT_PREVIEW,
    EVENT_MANIFEST,
    EVENT_PICTURE,
    EVENT_PRODUCT,
    EVENT_WAIT,
    EVENT_PROGRESS,
};

struct event {
    uint32_t kind;   /* enum event_kind */
    uint32_t step;   /* STEP_*, WAIT: enum step */
    uint32_t stream; /* LOG: 1 stdout, 2 stderr */
    uint32_t port;   /* PREVIEW */
    uint64_t elapsed_us;
    struct err err; /* STEP_END: reason 0 unless the job failed in it; MANIFEST: unless it failed at all; WAIT */
    uint32_t bytes; /* of text that count */
    char text[EVENT_BYTES]; /* LOG: raw bytes of the script, hostile to terminals; NOTE, PROGRESS: one line */
};

#endif
