/* SPDX-License-Identifier: Apache-2.0 */
/* Inside queue/ only: how every call of quern/queue*.h speaks to Redis. */
#ifndef QUERN_QUEUE_CALL_H
#define QUERN_QUEUE_CALL_H

#include "quern/queue_operator.h"
#include "queue/transitions.h"
#include "redis/session.h"

#define CALL_MAX_BUDGET 1000u
#define CALL_KEY_BYTES (QUEUE_NAME_BYTES + JOB_ID_BYTES + 32)

struct queue {
    struct session session;
    char prefix[QUEUE_NAME_BYTES + 16]; /* quern:{NAME} */
    enum queue_durability durability;
    char *key_file;              /* owned; NULL: jobs are not signed */
    struct session waiting;      /* apart, so that a wait holds nobody up */
    uint64_t wait_deadline_ns;   /* of the wait that is under way; 0: none */
    char wake[QUEUE_WAKE_BYTES]; /* and where it began */
    const struct script *news;   /* that was sent and not answered yet; NULL: none */
};

/* The head of a transition's arguments: the script, the queue. */
void call_begin(const struct queue *queue, enum script_id script, struct args *args);

/* The same with a nonce in front: for one that has no token, and must not happen again when its reply was lost. */
void call_begin_once(const struct queue *queue, enum script_id script, char nonce[QUEUE_NONCE_BYTES],
                     struct args *args);

/* Sends a transition until it is answered with a list that begins with a word, or patience ends. */
MUST_USE int call_run(struct queue *queue, enum script_id script, const struct args *args, struct reply **ret,
                      struct err *err);

/* The same, and when the answer is OK, waits for as much as the queue's durability asks. *ret_accepted: it was OK, also
 * where -1 says that so much did not come. */
MUST_USE int call_run_durably(struct queue *queue, enum script_id script, const struct args *args, struct reply **ret,
                              bool *ret_accepted, struct err *err);

/* The head of a transition of an attempt: the job's id and the token, checked, in front. */
MUST_USE int call_begin_end(const struct queue *queue, enum script_id script, const char *id, const char *token,
                            struct args *args, struct err *err);

/* And its tail: sends it, OK with the state of the job, or FENCED. */
MUST_USE int call_finish_end(struct queue *queue, enum script_id script, const struct args *args,
                             enum job_state *ret_state, struct err *err);
MUST_USE int call_read_end(const struct reply *reply, enum script_id script, enum job_state *ret_state,
                           struct err *err);

/* Any other command, once. A reply of kind REPLY_ERROR is an error. */
MUST_USE int call_command(struct queue *queue, const struct args *args, uint64_t deadline_ns, struct reply **ret,
                          struct err *err);

/* XREAD BLOCK on streams of the queue: pairs of key and last id seen. */
struct call_stream {
    const char *key; /* borrowed; a whole key */
    const char *after;
};
MUST_USE int call_wait_begin(struct queue *queue, const struct call_stream *streams, size_t count, uint32_t wait_ms,
                             struct err *err);
MUST_USE int call_wait_end(struct queue *queue, struct reply **ret, struct err *err);
MUST_USE int call_wait(struct queue *queue, const struct call_stream *streams, size_t count, uint32_t wait_ms,
                       bool *ret_woken, struct err *err);

/* INFRA: Redis answered with a word that this transition has not. */
MUST_USE int call_wrong(const char *what, struct err *err);
/* The word of a reply as an enum queue_answer; INFRA for any other word. */
MUST_USE int call_answer(const struct reply *reply, const char *what, struct err *err);
MUST_USE int call_state(const struct reply *reply, size_t index, const char *what, enum job_state *ret,
                        struct err *err);

/* An element behind the one that is `name`, in a list of names and values behind a word; 0: there is none. */
size_t call_value(const struct reply *reply, const char *name);

/* A transition whose answer is a word and nothing else that matters. `allowed`: a bit per enum queue_answer. */
MUST_USE int call_simple(struct queue *queue, enum script_id script, const struct args *args, unsigned allowed,
                         struct err *err);
#define CALL_BIT(answer) (1u << (answer))

/* Appends [KEY VERSION BYTES]..., checked. `owner`: the job that gives them, NULL for people; `only_own`: `job:ID/` only. */
MUST_USE int call_write_names(const struct queue_name *names, size_t count, const char *owner, bool only_own,
                              struct args *args, struct err *err);

/* ---- rules of arguments; BAD_INPUT ---- */

MUST_USE int call_check_id(const char *id, struct err *err);
MUST_USE int call_check_token(const char *token, struct err *err);
MUST_USE int call_check_nonce(const char *nonce, struct err *err);
/* [A-Za-z0-9_.:-]{1,room-1} */
MUST_USE int call_check_name(const char *what, const char *name, size_t room, struct err *err);
/* Ids of entries in streams, as replies give them. */
MUST_USE int call_check_entry(const char *entry, struct err *err);
/* At most room-1 bytes of UTF-8 without control characters. */
MUST_USE int call_check_text(const char *what, const char *text, size_t room, struct err *err);
MUST_USE int call_check_range(const char *what, uint64_t value, uint64_t least, uint64_t most, struct err *err);

/* What a queue is set to: the field of its conf, what errors call it, its ceiling, and what the scripts take without it. */
struct call_setting {
    const char *field, *what;
    uint64_t most, otherwise;
};

extern const struct call_setting call_settings[QUEUE_SETTINGS];

#endif
