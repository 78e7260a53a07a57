/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conversation supervisor ↔ keeper, one SOCK_SEQPACKET pair (KEEPER_FD_SUPERVISOR of quern-keeper). Nobody waits for
 * an answer. The supervisor starts a dead keeper anew and tells it all that counts again. End of file ends the keeper: the
 * supervisor is gone, and what it had started dies of that. Once the pidfds show it, the keeper says that these jobs are
 * lost, so that they need not wait for the end of their leases.
 *
 * Supervisor → keeper (struct keeper_order):
 *     CLAIM        worker, queue, nonce; pidfd of the worker   it may take a job now
 *     HOLD         worker, queue, id, token, deadline; pidfds of the worker and of the job's tree, while there is one
 *                                                       renew this lease while the deadline is ahead. Told again at each
 *                                                       step, with the step's deadline. The first time it is fresh
 *     DONE         worker, queue, state, reason, bytes, unconfirmed   the job is no longer ours
 *     LOST         worker, queue, id and token, or nonce   the attempt's processes are dead
 *     IDLE         worker, queue                        a claim found nothing
 *     SLOTS        busy, idle, draining, workers        once a second: the supervisor's loop goes round
 *     ENVIRONMENT  index, good, text: why not, level, bound   of settings.environments
 *     STEP         queue, step, elapsed_us              for the metrics
 *     MEMORY       bytes, hits, decodes                 of segments, for the metrics
 *     COLLECTED    good, objects, attempts, bytes       a collection of the store has ended, for the metrics
 *
 * Keeper → supervisor (struct keeper_word):
 *     WAKE     queue                  there may be a job; also after some seconds without news
 *     CANCEL   worker, id, token      somebody wants the job to end
 *     FENCED   worker, id, token      the lease is lost
 *     READY    queue, good, text: why not
 *     DRAIN    worker, good           somebody wants this worker to take no more jobs (good), or takes that back
 *     RENEWED  queue, sent_ns         all leases of the queue were renewed by a call that was sent then
 *     PULSE                           the loop goes round, with Redis or without: who is silent for KEEPER_SILENCE_MS or
 *                                     half a lease, whichever is longer, is killed and started anew; who is
 *                                     stopped (SIGSTOP) after KEEPER_LATE_MS
 */
#ifndef QUERN_KEEPER_H
#define QUERN_KEEPER_H

#include <stdint.h>

#include "quern/queue.h"
#include "quern/supervisor.h"

/* Descriptors of quern-keeper at exec; SETTINGS is a struct settings. */
enum { KEEPER_FD_SUPERVISOR = 3, KEEPER_FD_SETTINGS = 4 };

#define KEEPER_TEXT_BYTES 1024
#define KEEPER_ORDER_FDS 2u
#define KEEPER_SILENCE_MS 2000u
#define KEEPER_LATE_MS 500u /* half of the shortest lease */

enum keeper_order_kind {
    KEEPER_CLAIM = 1,
    KEEPER_HOLD,
    KEEPER_DONE,
    KEEPER_LOST,
    KEEPER_IDLE,
    KEEPER_SLOTS,
    KEEPER_ENVIRONMENT,
    KEEPER_STEP,
    KEEPER_MEMORY,
    KEEPER_COLLECTED,
};

struct keeper_order {
    uint32_t kind;                          /* enum keeper_order_kind */
    uint32_t worker;                        /* index */
    uint32_t queue;                         /* index in settings.queues; ENVIRONMENT: in settings.environments */
    uint32_t state;                         /* DONE: enum job_state; STEP: enum step */
    uint32_t reason;                        /* DONE: enum reason */
    uint32_t good;                          /* ENVIRONMENT */
    uint32_t level, bound;                  /* ENVIRONMENT: enum jail_level, enum jail_bound; of one that is up */
    uint32_t fresh;                         /* HOLD: elapsed_us is how long the job had been ready */
    uint32_t unconfirmed;                   /* DONE */
    uint32_t busy, idle, draining, workers; /* SLOTS: draining 0 or 1; as many workers as are wanted */
    uint64_t deadline_ns; /* HOLD: of CLOCK_BOOTTIME, which goes on while the machine sleeps; CLOCK_NEVER: none */
    uint64_t elapsed_us;  /* STEP, HOLD */
    uint64_t bytes, hits, decodes; /* MEMORY; DONE: bytes of peak memory, 0: it did not run */
    uint64_t objects, attempts;    /* COLLECTED, and bytes */
    char id[JOB_ID_BYTES];
    char token[QUEUE_TOKEN_BYTES];
    char nonce[QUEUE_NONCE_BYTES];
    char text[KEEPER_TEXT_BYTES];
};

enum keeper_word_kind {
    KEEPER_WAKE = 1,
    KEEPER_CANCEL,
    KEEPER_FENCED,
    KEEPER_READY,
    KEEPER_DRAIN,
    KEEPER_RENEWED,
    KEEPER_PULSE,
};

struct keeper_word {
    uint32_t kind; /* enum keeper_word_kind */
    uint32_t worker, queue, good;
    uint64_t sent_ns; /* RENEWED: of CLOCK_BOOTTIME */
    char id[JOB_ID_BYTES];
    char token[QUEUE_TOKEN_BYTES];
    char text[KEEPER_TEXT_BYTES];
};

#endif
