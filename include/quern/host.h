/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conversation worker ↔ zygote ↔ child. Plain records over SOCK_SEQPACKET (record.h), descriptors beside them.
 *
 * 1. worker → zygote, on the environment's shared request socket:   host_spawn, fd: control
 * 2. zygote → worker, on control:                                   host_spawned, fds: conversation, pidfds of tree and child
 *                                                               or  host_exited with `err` set (nothing was forked)
 * 3. worker → child, on conversation:  host_call records, in this order:
 *        COMMIT (limits)  fds: stdout, stderr[, stdin]
 *        SCRIPT (name)    fd: the text, sealed            RUN and LINT
 *        BUNDLE (name, bundle) fd: the zip                at most one
 *        INPUT (port, name, kind, parameter) fd           RUN: any number; else none. A sealed segment, or the bytes of an
 *                                                         object, which nobody but the child looks at
 *        TABLE (name, separator, flags) fd: the text             TYPE only: the CSV or TSV file
 *        COLUMN (value)                                   TYPE, any number: only these, in this order; LINT: the ports
 *                                                         that will be connected, and =NAME of inputs by name
 *        PARAM (key, value)                               any number
 *        REQUESTS fd: the channel of quern/request.h      RUN only, at most one
 *        START
 *        LENT fd: an empty memory file for the next result  RUN and TYPE: one after START, one after each RESULT
 * 4. child → worker: host_answer records: READY (fd: the work directory) once the jail is on and before the first
 *    submitted byte is read; then NOTE, RESULT (fd: a sealed segment, or an object in a sealed file: the one that was lent
 *    last), TRACEBACK, RAISED, in any number; DONE last. After DONE the child waits until its conversation is closed, so that the worker can measure it,
 *    and exits 0.
 * 5. zygote → worker, on control:  host_exited, when the whole tree is dead and its uid is free.
 *
 * Where no cgroup counts what is in memory files the jail lets a child make none (ops/jail/filter_job.c): they are lent, one
 * at a time, and the worker, who has each open until it is a result, sees how large it is wherever it lies.
 *
 * A child may have been forked, jailed and warmed up before it was asked for (standby): 2 is then at once, and READY is
 * waiting. It gets its limits like any other, and serves one job. When a job may come (HOST_PERHAPS: the supervisor lets a
 * worker claim), or the request comes ahead of the job, and the machine has a processor to spare, the zygote wakes it by
 * SOON, without a descriptor: it goes its way once more, and stays awake for half a millisecond, until COMMIT is there, so
 * that its job finds the processor's caches warm.
 *
 * End of file kills: when the worker's end of `control` is closed the zygote kills the tree. The tree is the child, the
 * tiny init that is pid 1 of its namespace, and all descendants; killing the pidfd kills them all by the kernel's doing.
 *
 * Every byte on `conversation` comes from a process that runs foreign code: records of a wrong size, order or kind, a
 * port twice, an unsealed file or too many records end the job as bad_result. Identity never comes from the payload,
 * the exit status only from host_exited.
 */
#ifndef QUERN_HOST_H
#define QUERN_HOST_H

#include <stdint.h>

#include "quern/bundle.h"
#include "quern/err.h"
#include "quern/jail.h"
#include "quern/object.h"
#include "quern/record.h"

#define HOST_VERSION 8u
#define HOST_NAME_BYTES 256
#define HOST_VALUE_BYTES 4096
#define HOST_MAX_ANSWERS 10000u /* a child that says more is bad_result */
#define HOST_MAX_PORTS 64u

/* zygote → supervisor, once, when it may be asked for children (err.reason 0) or will not come up (err set). */
struct host_ready {
    uint32_t version;
    uint32_t profile; /* enum segment_profile, by the pandas that was found */
    uint64_t import_us;
    char python[32], pandas[32]; /* "3.11.2", "1.5.3" */
    struct jail_facts facts;
    struct err err;
};

/* zygote → supervisor, fd: pidfd of a standby child that it forked, for who wants to prepare for it. */
struct host_born {
    uint32_t version;
};

/* Descriptors of quern-python at exec; argv[1] is the environment's name. ENVIRONMENT is the text that
 * environment_write() gave. */
enum { HOST_FD_REQUESTS = 3, HOST_FD_SUPERVISOR = 4, HOST_FD_ENVIRONMENT = 5 };

/* When the job of a child is told to it. */
enum host_when {
    HOST_NOW,     /* at once */
    HOST_AHEAD,   /* it is not here yet, there is time for SOON */
    HOST_PERHAPS, /* there may be one: nobody gets a child, whoever stands by gets SOON. No control, no limits */
};

struct host_spawn {
    uint32_t version;
    uint32_t when;             /* enum host_when */
    struct jail_limits limits; /* those of the work directory count already now */
};

struct host_spawned {
    int32_t pid; /* in the zygote's namespace; for the log only */
    uint32_t reserved;
    uint64_t inherited_bytes; /* anonymous memory of the zygote, which a child shares at first */
    struct jail_facts facts;
};

struct host_exited {
    int32_t code;                /* exit status, or -1 */
    int32_t signal;              /* what it died of, or 0 */
    uint64_t user_us, system_us; /* since COMMIT, of the child and the descendants it waited for, not of orphans */
    uint64_t peak_rss_bytes;     /* of the largest process of the tree; shared pages included */
    struct err err;              /* reason set: the child could not be made, or its jail failed (the step is named) */
};

enum host_call_kind {
    HOST_COMMIT = 1,
    HOST_SCRIPT,
    HOST_BUNDLE,
    HOST_INPUT,
    HOST_TABLE,
    HOST_PARAM,
    HOST_START,
    HOST_COLUMN,
    HOST_REQUESTS,
    HOST_SOON, /* zygote → child: you are asked for; nothing of the job yet */
    HOST_LENT,
};

/* What START asks for. */
enum host_task {
    HOST_TASK_RUN = 1,  /* call azureml_main and return its frames */
    HOST_TASK_TYPE = 2, /* read TABLE with pandas and return it as port 1 */
    HOST_TASK_LINT = 3, /* read SCRIPT without running any of it, print what is wrong with it (quern/lint.py) */
};

enum host_dialect { HOST_CLASSIC = 1, HOST_STUDIO, HOST_DESIGNER, HOST_QUERN };

enum host_flags {
    HOST_DEBUG = 1u << 0,     /* START: stdin is a terminal: pdb.post_mortem on an exception */
    HOST_NO_HEADER = 1u << 1, /* TABLE: the first line is data, the columns are Col1, Col2, ... */
    HOST_LEGACY = 1u << 2,    /* START: what NumPy, pandas and scikit-learn removed works again */
    HOST_STRICT = 1u << 3,    /* START: what the original refused is refused */
};

struct host_call {
    uint32_t kind;                 /* enum host_call_kind */
    uint32_t port;                 /* INPUT: 1..HOST_MAX_PORTS */
    uint32_t task;                 /* START: enum host_task */
    uint32_t dialect;              /* START: enum host_dialect */
    uint32_t flags;                /* START, TABLE: enum host_flags; INPUT: enum object_kind */
    uint32_t separator;            /* TABLE: ',' or '\t' */
    struct jail_limits limits;     /* COMMIT */
    struct bundle_ceilings bundle; /* BUNDLE */
    char name[HOST_NAME_BYTES];    /* SCRIPT, BUNDLE, INPUT, TABLE: file name; PARAM: key; START: the job's id.
                                   Terminated */
    char value[HOST_VALUE_BYTES];  /* PARAM, COLUMN; INPUT: the parameter that gets it, or empty. Terminated */
};

enum host_answer_kind { HOST_READY = 1, HOST_NOTE, HOST_RESULT, HOST_RAISED, HOST_DONE, HOST_TRACEBACK };

/* The original's numbers of inputs that cannot be used. */
enum { HOST_ERROR_NONE = 0, HOST_ERROR_DATASET = 49, HOST_ERROR_BUNDLE = 102 };

struct host_answer {
    uint32_t kind; /* enum host_answer_kind */
    uint32_t port; /* RESULT: 1.. for numbered outputs, 0 for a named one */
    uint32_t line; /* RAISED: of the script, 0 when unknown */
    uint32_t
        reason; /* RAISED: EXCEPTION, EXIT, BAD_INPUT, BAD_RESULT, LIMIT_MEMORY, LIMIT_DISK, LIMIT_PROCESSES, LIMIT_OPEN_FILES,
                LIMIT_OUTPUT or BUG */
    int32_t detail;    /* RAISED with EXIT: the code; with BAD_INPUT, and of a bundle beyond its ceilings: HOST_ERROR_*;
                                 RESULT: enum object_kind */
    uint32_t in_entry; /* RAISED: 1: the line stands in azureml_main */
    union {
        uint64_t rows; /* RESULT: a hint for the log */
        uint64_t
            met; /* RAISED, and a NOTE without a text: limits that were reached, 1 << REASON_LIMIT_DISK and its like */
    };
    char name[HOST_NAME_BYTES]; /* RESULT: the port's name; RAISED: the exception's type; NOTE: what it is about */
    char value
        [HOST_VALUE_BYTES]; /* RAISED, NOTE: the message, one or more lines, UTF-8; TRACEBACK: as Python prints it */
};

/* Makes an answer of a hostile child safe to read: strings terminated and valid UTF-8 without control characters but
 * \n and \t, kind and reason in range. REASON_BAD_RESULT if it cannot be. */
MUST_USE int host_answer_check(struct host_answer *answer, size_t fd_count, struct err *err);

#endif
