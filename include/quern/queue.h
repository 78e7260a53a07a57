/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The job queue on Redis: what all have in common who call it. schemas/queue.md has the model: keys, states, transitions,
 * invariants. Nothing outside queue/ knows a key. What there is to call stands in one header per reader:
 *     quern/queue_client.h    who has jobs: submit, watch, cancel, retry, fetch the log
 *     quern/queue_worker.h    who runs them: claim, speak of it, end it
 *     quern/queue_keeper.h    who looks after a host's attempts and the queue: renew, lost, tick, sweep, wait
 *     quern/queue_operator.h  who looks after the whole: counts, workers, pause, settings, purge
 *     quern/queue_names.h     the catalogue that the queue keeps: names of versions
 *     quern/queue_server.h    what the queue stands on: the Redis, the store and the environments that belong to it
 *
 * Calling sequence: queue_open() → any of the calls, each one atomic transition on the server → queue_close().
 *
 * Results: what must be expected (the queue is full, the lease is lost) is an enum queue_answer, 0 or more. -1 is an
 * error, and *err tells: UNREACHABLE no answer in time, UNWRITABLE Redis is full or read-only, DENIED, CONFIG the server
 * cannot serve a queue, INFRA it answers nonsense, or did not confirm in time what it accepted (durability), BAD_INPUT an
 * argument is refused before anything is sent. After -1 the transition may or may not have taken place. All transitions may
 * be repeated: a submission by its id, a claim by its nonce, those of an attempt by their token. A call that is repeated
 * while patience lasts answers as the first time.
 *
 * Ownership: a struct queue is used by one thread at a time; a broken connection is made anew by the next call. Texts in
 * arguments are borrowed for the call. Units are in the names; all times are the server's.
 */
#ifndef QUERN_QUEUE_H
#define QUERN_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "quern/dice.h"
#include "quern/err.h"
#include "quern/job.h"
#include "quern/patience.h"

#define QUEUE_NAME_BYTES 64  /* [a-z0-9][a-z0-9_.-]{0,62} */
#define QUEUE_TOKEN_BYTES 64 /* FENCE-NONCE */
#define QUEUE_NONCE_BYTES DICE_HEX_BYTES
#define QUEUE_WORKER_BYTES 129   /* [A-Za-z0-9_.:-]{1,128} */
#define QUEUE_WAKE_BYTES 48      /* an id of a stream */
#define QUEUE_SIGNATURE_BYTES 65 /* hexadecimal */
#define QUEUE_INFO_BYTES 1024    /* what a worker says of itself */
#define QUEUE_WHY_BYTES (REASON_WORD_BYTES + JOB_ID_BYTES)
#define QUEUE_MAX_PRIORITY 9u
#define QUEUE_MAX_LIST 1000u
#define QUEUE_MAX_NAMES 512u
#define QUEUE_MIN_LEASE_MS 1000u
#define QUEUE_MAX_LEASE_MS 600000u
#define QUEUE_MAX_DELAY_MS (366ull * 24 * 3600 * 1000)

struct queue;

/* What a submission and a completion wait for before they are answered. */
enum queue_durability {
    QUEUE_NORMAL,     /* what Redis is set to */
    QUEUE_REPLICATED, /* a replica has it, too */
    QUEUE_FSYNC,      /* it is on the disk of Redis (7.2, appendonly yes) */
};

/* normal, replicated, fsync; CONFIG for any other word. */
MUST_USE int queue_durability_parse(const char *word, enum queue_durability *ret, struct err *err);

struct queue_options {
    const char *url;           /* redis://[USER@]HOST[:PORT][/DB], redis+unix:/PATH[?db=N] or unix:/PATH[?db=N] */
    const char *password;      /* from a file or a credential, never from a URL; NULL: none */
    const char *password_file; /* its first line, read for each connection; NULL or empty: `password` */
    const char *key_file;      /* submissions are signed with its first key, claims looked at with all; NULL: neither */
    const char *name;
    uint32_t timeout_ms;  /* of one call and of connecting; 0: 5000 */
    uint32_t patience_ms; /* how long a call goes on trying while Redis does not do it; 0: one attempt */
    struct patience patience;
    enum queue_durability durability;
};

enum queue_answer {
    QUEUE_OK,
    QUEUE_DUPLICATE,     /* submit: another job has this id or this unique key */
    QUEUE_FULL,          /* submit: as many jobs wait as may */
    QUEUE_NO_DEPENDENCY, /* submit: no such job to wait for */
    QUEUE_NOTHING,       /* claim */
    QUEUE_FENCED,        /* the job is no longer this attempt's: stop, publish nothing */
    QUEUE_NO_JOB,
    QUEUE_STATE, /* the job is not in a state for this */
    QUEUE_BUSY,  /* more jobs have to be told of its end than one call may tell: again, please */
    QUEUE_NO_WORKER,
    QUEUE_DRAIN,   /* beat: somebody wants this worker to take no more jobs */
    QUEUE_DROPPED, /* progress, log: too much; counted, not kept */
    QUEUE_NO_NAME, /* the catalogue does not have it */
    QUEUE_UNCONFIRMED, /* complete: it has taken place, but not in time become as safe as `durability` asks; *err says why */
};

/* Only the arguments are looked at; the connection is made by the first call. */
MUST_USE int queue_open(const struct queue_options *options, struct queue **ret, struct err *err);
void queue_close(struct queue *queue); /* accepts NULL */

/* A name of the catalogue: see there. */
struct queue_name {
    const char *key, *version; /* borrowed */
    uint64_t bytes;
};

#endif
