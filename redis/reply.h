/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reply of Redis as a tree, under ceilings: what hiredis reads from the wire is built here, not by its own functions,
 * which believe every count that the peer announces. The ceilings are the caller's: it knows what it asks for.
 *
 * Calling sequence: reply_reader_new() → feed it (redisReaderFeed()) → redisReaderGetReply()
 * gives a struct reply * or NULL. When the reader fails, the budget says which ceiling was met, if any.
 *
 * Ownership: the reader owns its budget; a reply is freed with reply_free(), which accepts NULL. Texts inside are
 * borrowed from the reply, have `bytes` bytes of anything and a NUL behind them.
 */
#ifndef QUERN_REDIS_REPLY_H
#define QUERN_REDIS_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hiredis/hiredis.h>

#include "quern/err.h"

/* What the largest legal reply to its callers can be: of all texts together, and of nodes. */
struct reply_limits {
    size_t bytes, elements;
};

#define REPLY_MAX_DEPTH 6 /* XREAD: streams, stream, entries, entry, fields, field */

enum reply_kind { REPLY_NIL, REPLY_INTEGER, REPLY_TEXT, REPLY_STATUS, REPLY_ERROR, REPLY_LIST };

struct reply {
    enum reply_kind kind;
    long long integer;
    char *text; /* owned; TEXT, STATUS, ERROR */
    size_t bytes;
    struct reply **elements; /* owned; LIST; NULL where a reply is still being read */
    size_t count;
};

/* How much of one reply has been built; reply_budget_reset() before the next. */
struct reply_budget {
    struct reply_limits limits;
    size_t bytes, elements;
    char refusal[64]; /* the ceiling that was met; empty: none */
};

/* NULL without memory. The budget, whose limits are set, must outlive the reader. */
redisReader *reply_reader_new(struct reply_budget *budget);
void reply_budget_reset(struct reply_budget *budget);
void reply_free(struct reply *reply);

static inline void own_reply(void *p) { reply_free(*(struct reply **)p); }
#define auto_reply __attribute__((cleanup(own_reply)))

/* ---- reading a list whose shape is known; REASON_INFRA with `what` in front otherwise ---- */

/* A list of at least `least` elements whose first is a text: the word that all transitions answer with. */
MUST_USE int reply_word(const struct reply *reply, const char *what, size_t least, const char **ret, struct err *err);
MUST_USE int reply_text(const struct reply *reply, size_t index, const char *what, const char **ret, size_t *ret_bytes,
                        struct err *err);
/* A text of less than `room` bytes without NUL and control characters. */
MUST_USE int reply_copy(const struct reply *reply, size_t index, const char *what, char *ret, size_t room,
                        struct err *err);
/* An integer, or a text of decimal digits. */
MUST_USE int reply_number(const struct reply *reply, size_t index, const char *what, uint64_t *ret, struct err *err);

#endif
