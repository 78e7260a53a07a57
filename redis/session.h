/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Somebody's way to one Redis: the address, the password, and a connection that is made by the first call and anew after
 * it broke. Knows no key.
 *
 * Calling sequence: session_open() → session_command(), session_script(), session_patiently()… → session_close().
 *
 * Errors: those of redis/connection.h; a reply of kind REPLY_ERROR is one, by its first word: UNREACHABLE (it is loading),
 * UNWRITABLE (it is full or read-only), DENIED, CONFIG, INFRA. After -1 a command may or may not have been executed.
 */
#ifndef QUERN_REDIS_SESSION_H
#define QUERN_REDIS_SESSION_H

#include "quern/patience.h"
#include "redis/connection.h"
#include "redis/script.h"

struct session_options {
    const char *what; /* borrowed for ever: "queue", "store"; stands in front of messages */
    const char *url;
    const char *password;      /* NULL: none */
    const char *password_file; /* its first line, read for each connection; NULL or empty: `password` */
    uint32_t timeout_ms;       /* of one attempt and of connecting; 0: 5000 */
    uint32_t patience_ms;      /* how long a call goes on trying while Redis does not do it; 0: one attempt */
    struct patience patience;
    struct reply_limits limits;
};

struct session {
    const char *what;
    struct address address;
    char *password, *password_file; /* owned; may be NULL */
    uint32_t timeout_ms, patience_ms;
    struct patience patience;
    struct reply_limits limits;
    struct connection *connection; /* owned; NULL: the next call makes one */
    uint64_t connections;          /* made so far */
};

/* Only the arguments are looked at. */
MUST_USE int session_open(const struct session_options *options, struct session *ret, struct err *err);
void session_close(struct session *session); /* accepts one that is all zero */

/* The connection, made if there is none. Whoever speaks on it himself and fails calls session_drop(). */
MUST_USE int session_connect(struct session *session, uint64_t deadline_ns, struct connection **ret, struct err *err);
void session_drop(struct session *session);

/* One command, once. */
MUST_USE int session_command(struct session *session, const struct args *args, uint64_t deadline_ns, struct reply **ret,
                             struct err *err);

/* A script, once. Redis learns it if it does not know it. */
MUST_USE int session_script(struct session *session, const struct script *script, const struct args *args,
                            uint64_t deadline_ns, struct reply **ret, struct err *err);

/* Redis learns a script that it does not know: for those who speak on the connection themselves. */
MUST_USE int session_load(struct session *session, const struct script *script, uint64_t deadline_ns, struct err *err);

/* Repeats `attempt` while it fails with what may pass and patience lasts, with growing pauses. What was tried on a
 * connection that was open before is tried once more at once, within the same time: Redis may have been restarted since.
 * So the attempt must be one that may be repeated, also after it succeeded and its reply was lost. */
typedef int session_attempt_fn(struct session *session, void *context, uint64_t deadline_ns, struct err *err);
MUST_USE int session_patiently(struct session *session, session_attempt_fn *attempt, void *context, struct err *err);

#endif
