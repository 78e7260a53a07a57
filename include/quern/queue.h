/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The job queue on Redis. schemas/queue.md has the model: keys, states, transitions, invariants. Nothing outside queue/
 * knows a key.
 *
 * Calling sequence: queue_open() → any of the calls, each one atomic transition on the server → queue_close().
 *   A client:  queue_submit() → queue_get() … → queue_cancel()
 *   A worker:  queue_claim() → … queue_renew() every third of the lease … → exactly one of queue_complete(),
 *              queue_fail(), queue_lost(), queue_release()
 *   A keeper:  queue_tick() every second; queue_wait() with the wake id of a claim that found nothing
 *
 * Results: what must be expected (the queue is full, the lease is lost) is an enum queue_answer, 0 or more. -1 is an
 * error, and *err tells: UNREACHABLE no answer in time, DENIED, CONFIG the server cannot serve a queue, INFRA Redis is
 * full, answers nonsense, or did not confirm in time what it accepted (durability), BAD_INPUT an argument is refused before anything is sent. After -1 the transition may or may
 * not have taken place. All transitions may be repeated: a submission by its id, a claim by its nonce, the others by their
 * token, so that a repeated call answers as the first one did (only a removal of names says NO_NAME the second time).
 *
 * Ownership: a struct queue is used by one thread at a time; a broken connection is made anew by the next call. Texts in
 * arguments are borrowed for the call. A struct queue_claim and a struct queue_record are freed by their functions.
 * Units are in the names; all times are the server's.
 */
#ifndef QUERN_QUEUE_H
#define QUERN_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quern/err.h"
#include "quern/job.h"
#include "quern/patience.h"
#include "quern/server.h"
#include "quern/storage.h"

#define QUEUE_NAME_BYTES 64    /* [a-z0-9][a-z0-9_.-]{0,62} */
#define QUEUE_TOKEN_BYTES 64   /* FENCE-NONCE */
#define QUEUE_WORKER_BYTES 129 /* [A-Za-z0-9_.:-]{1,128} */
#define QUEUE_UNIQUE_BYTES 129 /* the same characters */
#define QUEUE_RULES_BYTES 256  /* words of schemas/words.def with commas between */
#define QUEUE_NONCE_BYTES 33   /* 32 of 0-9 a-f */
#define QUEUE_WAKE_BYTES 48    /* an id of a stream */
#define QUEUE_MAX_DEPENDENCIES 64u
#define QUEUE_MAX_RENEWALS 256u
#define QUEUE_MAX_PRIORITY 9u
#define QUEUE_MAX_RESULT (64u << 10)
#define QUEUE_MAX_LOG (64u << 10)
#define QUEUE_MAX_PROGRESS 4096u
#define QUEUE_MAX_LIST 1000u
#define QUEUE_MAX_NAMES 192u
#define QUEUE_MAX_PIECES 64u
#define QUEUE_INFO_BYTES 1024
#define QUEUE_TEXT_BYTES 1024
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
    const char *password_file; /* its first line, read for each connection; NULL: `password` */
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
};

/* Only the arguments are looked at; the connection is made by the first call. */
MUST_USE int queue_open(const struct queue_options *options, struct queue **ret, struct err *err);
void queue_close(struct queue *queue); /* accepts NULL */

/* ---- clients ---- */

enum queue_when { QUEUE_AFTER_OK, QUEUE_AFTER_ANY, QUEUE_AFTER_NOT_OK };

struct queue_dependency {
    const char *id;
    enum queue_when when; /* what that job must come to; when it cannot any more, this one ends as `dependency:ID` */
};

struct queue_submission {
    const char *id;
    const char *document; /* the job as job_encode() wrote it */
    size_t document_bytes;
    uint32_t priority;                   /* 0 most urgent .. QUEUE_MAX_PRIORITY */
    uint64_t delay_ms;                   /* not before so long after now */
    uint64_t not_before_unix_ms;         /* nor before then; 0: at once */
    uint32_t retries;                    /* of attempts that fail for a reason in `retry_on` */
    uint32_t crashes;                    /* of attempts whose worker or host dies; one more is `poison` */
    uint64_t backoff_ms, backoff_max_ms; /* before the first retry, doubled each time, with jitter; and its bound */
    const char *retry_on;                /* `exit:75,limit:memory,lost`; NULL: exception,exit,signal */
    const char *unique;                  /* no two live jobs have the same; NULL: none */
    uint64_t time_ms;                    /* the job's time limit, for claims that have little time; 0: none */
    const struct queue_dependency *after;
    size_t after_count;
};

struct queue_receipt {
    uint64_t number; /* of the job in this queue, from 1 */
    enum job_state state;
    char other[JOB_ID_BYTES]; /* DUPLICATE: who has it; NO_DEPENDENCY: who is missing */
    uint64_t waiting, most;   /* FULL */
};

void queue_submission_defaults(struct queue_submission *submission); /* priority 5, 2 crashes, 10 s to 10 min */
/* What queue_submit() would refuse before it sends anything, but for the document: for who uploads something first. */
MUST_USE int queue_submission_check(const struct queue_submission *submission, struct err *err);
MUST_USE int queue_submit(struct queue *queue, const struct queue_submission *submission, struct queue_receipt *ret,
                          struct err *err);

/* Ends a job that waits; one that runs is told, and its state stays `running` until its worker says how it ended. */
MUST_USE int queue_cancel(struct queue *queue, const char *id, enum job_state *ret_state, struct err *err);

/* A failed or cancelled job begins anew, its counters too: OK, NO_JOB, STATE, BUSY, DUPLICATE (its unique key), FULL, or
 * NO_DEPENDENCY: a job that it waits for did not come to what it must, so retry that one first. */
MUST_USE int queue_retry(struct queue *queue, const char *id, struct queue_receipt *ret, struct err *err);
/* Nothing of an ended job is left: OK, NO_JOB, STATE, BUSY. */
MUST_USE int queue_remove(struct queue *queue, const char *id, struct err *err);
/* OK, NO_JOB, STATE. */
MUST_USE int queue_prioritise(struct queue *queue, const char *id, uint32_t priority, struct err *err);

/* ---- workers ---- */

struct queue_claim {
    char id[JOB_ID_BYTES];
    char token[QUEUE_TOKEN_BYTES];
    uint64_t number, attempt, time_ms;
    char *document; /* owned */
    size_t document_bytes;
    char wake[QUEUE_WAKE_BYTES]; /* NOTHING: for queue_wait() */
    char why[16];                /* NOTHING: empty, paused, width, time, spent (the nonce), ghost (again, please) */
};

/* 128 random bits. A claim has one of its own; the same claim, repeated because its reply was lost, has the same. */
MUST_USE int queue_fresh_nonce(char nonce[QUEUE_NONCE_BYTES], struct err *err);

/* max_time_ms: only jobs with a time limit that is not longer; 0: any. */
MUST_USE int queue_claim(struct queue *queue, const char *worker, const char *nonce, uint32_t lease_ms,
                         uint64_t max_time_ms, struct queue_claim *ret, struct err *err);
void queue_claim_free(struct queue_claim *claim);

enum queue_lease { QUEUE_LEASE_HELD, QUEUE_LEASE_CANCEL, QUEUE_LEASE_LOST };

struct queue_renewal {
    const char *id, *token;
    enum queue_lease lease; /* the answer; CANCEL: still held, but somebody wants the job to end */
};

MUST_USE int queue_renew(struct queue *queue, uint32_t lease_ms, struct queue_renewal *renewals, size_t count,
                         struct err *err);

/* A name of the catalogue: see there. */
struct queue_name {
    const char *key, *version; /* borrowed */
    uint64_t bytes;
};

/* The moment at which a result is the job's: `result` is a manifest of at most QUEUE_MAX_RESULT bytes. In the same moment
 * the names are set, at most QUEUE_MAX_NAMES: `job:ID/…` of this job and any others but those of other jobs. A name that
 * an attempt set which was claimed later stays as it is; the record counts these as `outrun`. */
MUST_USE int queue_complete(struct queue *queue, const char *id, const char *token, const char *result, size_t bytes,
                            const struct queue_name *names, size_t count, struct err *err);
/* `why` decides: infra is tried again and is not the job's fault, what `retry_on` names costs a retry, all else is the
 * end. `result` may be NULL. Names: `job:ID/…` only. */
MUST_USE int queue_fail(struct queue *queue, const char *id, const char *token, const struct err *why,
                        const char *result, size_t bytes, const struct queue_name *names, size_t count,
                        enum job_state *ret_state, struct err *err);
/* The attempt's processes are dead, not of the job's doing. */
MUST_USE int queue_lost(struct queue *queue, const char *id, const char *token, enum job_state *ret_state,
                        struct err *err);
/* Whoever made this claim is dead and never said what it took: OK, the job that it took is lost; NOTHING, it took none and,
 * should it only reach Redis now, will take none. */
MUST_USE int queue_lost_claim(struct queue *queue, const char *nonce, enum job_state *ret_state, struct err *err);
/* The host drains: the attempt does not count. */
MUST_USE int queue_release(struct queue *queue, const char *id, const char *token, enum job_state *ret_state,
                           struct err *err);

/* What people see of a running job. OK, DROPPED, FENCED. */
MUST_USE int queue_progress(struct queue *queue, const char *id, const char *token, const char *text, struct err *err);
/* A piece of output of at most QUEUE_MAX_LOG bytes; after a lost reply it may stand there twice. OK, DROPPED, FENCED. */
MUST_USE int queue_log(struct queue *queue, const char *id, const char *token, bool is_stderr, const char *bytes,
                       size_t count, struct err *err);

/*
 * The same two without waiting, for a worker that has a script to attend: begun now, answered when the descriptor is
 * readable. One is on its way at a time, and nothing else is asked of this struct queue meanwhile. A send to a peer that
 * takes nothing costs 200 ms at most. After -1 the pieces may or may not be there.
 */
struct queue_output {
    bool is_stderr;
    const char *bytes; /* borrowed for the call */
    size_t count;
};

#define QUEUE_MAX_OUTPUTS 256u

MUST_USE int queue_log_begin(struct queue *queue, const char *id, const char *token, const struct queue_output *pieces,
                             size_t count, struct err *err);
MUST_USE int queue_progress_begin(struct queue *queue, const char *id, const char *token, const char *text,
                                  struct err *err);
int queue_news_fd(const struct queue *queue);                      /* -1: nothing is on its way */
MUST_USE int queue_news_end(struct queue *queue, struct err *err); /* OK, DROPPED, FENCED */
void queue_news_drop(struct queue *queue);                         /* whatever is on its way: not awaited */

/* ---- keepers ---- */

struct queue_ticked {
    uint64_t due, expired, told, purged; /* a count that reaches the budget: tick again at once */
};

MUST_USE int queue_tick(struct queue *queue, uint32_t budget, uint32_t lease_ms, struct queue_ticked *ret,
                        struct err *err);

/* Every few minutes, a piece: `*cursor` is 0 at first, and 0 again after the last piece. Mends what no transition breaks. */
MUST_USE int queue_sweep(struct queue *queue, uint64_t *cursor, uint64_t *ret_repaired, struct err *err);

/* Until a job may be ready that was not when the claim gave `wake`, or wait_ms are over: *ret_woken tells. */
MUST_USE int queue_wait(struct queue *queue, const char *wake, uint32_t wait_ms, bool *ret_woken, struct err *err);

/* The same for who has other things to wait for, too: begin, poll the descriptor until it is readable or wait_ms and two
 * seconds are over, end. It has a connection of its own, so that other calls go on meanwhile. `wake` is that of a claim, or
 * of the wake-up before, or "" where there was none: then what is not long ago counts as news. */
struct queue_wakeup {
    bool work, cancel; /* there may be something to claim; a job that runs, anywhere, shall end: queue_renew() tells */
    char wake[QUEUE_WAKE_BYTES]; /* for the next wait: none is missed */
};

/* Connects if it must, which takes up to timeout_ms. A wait that is under way is given up. */
MUST_USE int queue_wait_begin(struct queue *queue, const char *wake, uint32_t wait_ms, struct err *err);
int queue_wait_fd(const struct queue *queue); /* -1: no wait is under way */
MUST_USE int queue_wait_end(struct queue *queue, struct queue_wakeup *ret, struct err *err);

/* ---- the record ---- */

struct queue_record {
    enum job_state state;
    uint64_t number, priority, attempts, retries, crashes, infra;
    uint64_t outrun; /* names that a later attempt had set when this job succeeded */
    uint64_t submitted_unix_ms, due_unix_ms, started_unix_ms, ended_unix_ms; /* 0: not yet */
    bool cancelling;
    char why[REASON_WORD_BYTES + JOB_ID_BYTES]; /* the reason's word; dependency:ID names the job */
    char worker[QUEUE_WORKER_BYTES];
    char token[QUEUE_TOKEN_BYTES];
    char *progress; /* owned; "" unless it told some */
    char *text;     /* owned; the message of the error, "" otherwise */
    char *result;   /* owned; NULL: none */
    size_t result_bytes;
};

MUST_USE int queue_get(struct queue *queue, const char *id, struct queue_record *ret, struct err *err);
void queue_record_free(struct queue_record *record);

/* The job document, as submitted: OK, NO_JOB. The caller frees it; a NUL stands behind it. */
MUST_USE int queue_document(struct queue *queue, const char *id, char **ret, size_t *ret_bytes, struct err *err);

/* The id of a number: OK, NO_JOB. */
MUST_USE int queue_find(struct queue *queue, uint64_t number, char ret_id[JOB_ID_BYTES], struct err *err);

struct queue_row {
    char id[JOB_ID_BYTES];
    uint64_t number, priority, attempts, submitted_unix_ms, started_unix_ms, ended_unix_ms;
    char why[REASON_WORD_BYTES + JOB_ID_BYTES];
    char worker[QUEUE_WORKER_BYTES];
};

/* Jobs of one state from place `from` on, at most `room` (up to QUEUE_MAX_LIST) of them: ended ones newest first, the
 * others in the order in which the queue will take them. */
MUST_USE int queue_list(struct queue *queue, enum job_state state, uint64_t from, struct queue_row *rows, size_t room,
                        size_t *ret_count, struct err *err);

struct queue_counts {
    uint64_t jobs[JOB_STATE_COUNT];
    uint64_t oldest_ready_ms;
    uint64_t submitted, lost, retries, infra, fenced, dropped; /* since the queue began */
    uint64_t width, most_waiting;                              /* 0: the default */
    bool paused;
};

MUST_USE int queue_count(struct queue *queue, struct queue_counts *ret, struct err *err);

/* ---- the log of a job ---- */

struct queue_piece {
    uint64_t attempt;
    bool is_stderr;
    const char *bytes; /* borrowed from the pieces */
    size_t count;
};

struct queue_pieces {
    enum job_state state;         /* of the job, at the same moment */
    char after[QUEUE_WAKE_BYTES]; /* where the next ones begin */
    char event[QUEUE_WAKE_BYTES]; /* for queue_wait_log() */
    struct queue_piece pieces[QUEUE_MAX_PIECES];
    size_t count;
    void *owner; /* owned */
};

/* The pieces behind `after`, "0-0" for the first. The log is at its end when the job has ended and count is 0. */
MUST_USE int queue_read_log(struct queue *queue, const char *id, const char *after, struct queue_pieces *ret,
                            struct err *err);
void queue_pieces_free(struct queue_pieces *pieces);
/* Until there may be more, or something happened to any job. */
MUST_USE int queue_wait_log(struct queue *queue, const char *id, const struct queue_pieces *seen, uint32_t wait_ms,
                            bool *ret_woken, struct err *err);

/* ---- the catalogue: names → versions of objects in the store ----
 *
 * Keys obey storage_key_check(), versions are [A-Za-z0-9_.:-]{1,127}. Names below `job:ID/` are those that the last attempt
 * of the job gave which completed or failed; they go when the job is removed or begins anew, and nothing else changes
 * them. */

/* OK, NO_NAME. */
MUST_USE int queue_name_get(struct queue *queue, const char *key, char ret_version[STORAGE_VERSION_BYTES],
                            uint64_t *ret_bytes, struct err *err);
/* All in one moment, at most QUEUE_MAX_NAMES, by somebody who holds no job: the last one wins. Not below `job:`. */
MUST_USE int queue_promote(struct queue *queue, const struct queue_name *names, size_t count, struct err *err);
/* All in one moment. NO_NAME: *ret_missing is the place of the first key that has none, and nothing changed. */
MUST_USE int queue_remove_names(struct queue *queue, const char *const *keys, size_t count, size_t *ret_missing,
                                struct err *err);

struct queue_named {
    char key[STORAGE_KEY_BYTES], version[STORAGE_VERSION_BYTES];
    uint64_t bytes, changed_unix_ms;
};

/* Names that begin with `prefix`, in the order of their bytes, behind the key `after` ("": from the first on), at most
 * `room` (up to QUEUE_MAX_LIST) of them. */
MUST_USE int queue_names(struct queue *queue, const char *prefix, const char *after, struct queue_named *rows,
                         size_t room, size_t *ret_count, struct err *err);

/* What tells this queue from every other one, of the same name, too: it is made when somebody first asks. */
MUST_USE int queue_identity(struct queue *queue, char ret[QUEUE_NONCE_BYTES], struct err *err);

/* The versions of objects that the documents of all jobs speak of, ended ones too: for the collector of the store. A piece
 * of them, some perhaps twice: `*cursor` is 0 at first, and 0 again after the last piece. A visitor's -1 is passed on. */
typedef int queue_version_fn(void *context, const char *version);
MUST_USE int queue_versions(struct queue *queue, uint64_t *cursor, queue_version_fn *visit, void *context,
                            struct err *err);

/* ---- workers ---- */

/* Says that this worker is there for ttl_ms; `info` is for people. OK, DRAIN. */
MUST_USE int queue_beat(struct queue *queue, const char *worker, const char *info, uint32_t ttl_ms, struct err *err);

struct queue_worker {
    char name[QUEUE_WORKER_BYTES];
    bool alive, draining;
    char info[QUEUE_INFO_BYTES];
};

MUST_USE int queue_workers(struct queue *queue, uint64_t from, struct queue_worker *workers, size_t room,
                           size_t *ret_count, struct err *err);
/* OK, NO_WORKER. */
MUST_USE int queue_drain(struct queue *queue, const char *worker, bool drain, struct err *err);

/* ---- operators ---- */

/* What its Redis is and can do now. Errors: only of one that does not answer. */
MUST_USE int queue_server(struct queue *queue, struct server *ret, struct err *err);

/* What clients and daemons of the queue must agree on: the store's URL, without credentials, and the environments that
 * its workers must offer, with commas between. Empty: not said. */
struct queue_home {
    char store[QUEUE_TEXT_BYTES];
    char environments[QUEUE_TEXT_BYTES];
};

MUST_USE int queue_set_home(struct queue *queue, const struct queue_home *home, struct err *err);
MUST_USE int queue_get_home(struct queue *queue, struct queue_home *ret, struct err *err);

/* The names of the queues on this Redis, at most `room` of them, sorted. Looks at every key: for operators. */
MUST_USE int queue_all(struct queue *queue, char (*names)[QUEUE_NAME_BYTES], size_t room, size_t *ret_count,
                       struct err *err);

MUST_USE int queue_pause(struct queue *queue, bool paused, struct err *err);

enum queue_setting {
    QUEUE_WIDTH,        /* jobs that run at once; 0: any number */
    QUEUE_MOST_WAITING, /* before submissions are refused; 0: 1,000,000 */
    QUEUE_MOST_INFRA,   /* attempts that may fail for the machine's sake; 0: 20 */
    QUEUE_DONE_MS,      /* how long a succeeded job is remembered; 0: 7 days */
    QUEUE_DONE_MOST,    /* and how many; 0: 100,000 */
    QUEUE_DEAD_MS,      /* failed and cancelled ones; 0: 30 days */
    QUEUE_DEAD_MOST,
    QUEUE_LOG_BYTES, /* of a job's log; 0: 10 MiB */
    QUEUE_SETTINGS,
};

MUST_USE int queue_set(struct queue *queue, enum queue_setting setting, uint64_t value, struct err *err);
/* Ended jobs of this state that ended `older_ms` ago or earlier, at most `budget` of them in one call. */
MUST_USE int queue_purge(struct queue *queue, enum job_state state, uint64_t older_ms, uint32_t budget,
                         uint64_t *ret_removed, struct err *err);

#endif
