/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside queue/ only: what Redis answers, decoded and checked. Apart from the wire for the fuzzer's sake. Each returns an
 * enum queue_answer, or -1 with INFRA.
 */
#ifndef QUERN_QUEUE_REPLIES_H
#define QUERN_QUEUE_REPLIES_H

#include "quern/queue_client.h"
#include "quern/queue_keeper.h"
#include "quern/queue_names.h"
#include "quern/queue_operator.h"
#include "quern/queue_server.h"
#include "quern/queue_worker.h"
#include "redis/reply.h"

/* A receipt has no number where `number` is 0, else it stands there. */
MUST_USE int replies_receipt(const struct reply *reply, const char *what, size_t number, struct queue_receipt *ret,
                             struct err *err);
MUST_USE int replies_claim(const struct reply *reply, struct queue_claim *ret, struct err *err);
MUST_USE int replies_renewals(const struct reply *reply, struct queue_renewal *renewals, size_t count, struct err *err);
MUST_USE int replies_record(const struct reply *reply, struct queue_record *ret, struct err *err);

MUST_USE int replies_rows(const struct reply *reply, struct queue_row *rows, size_t room, size_t *ret_count,
                          struct err *err);
MUST_USE int replies_counts(const struct reply *reply, struct queue_counts *ret, struct err *err);

MUST_USE int replies_pieces(const struct reply *reply, struct queue_pieces *ret, struct err *err);
MUST_USE int replies_workers(const struct reply *reply, struct queue_worker *workers, size_t room, size_t *ret_count,
                             struct err *err);
MUST_USE int replies_wakeup(const struct reply *reply, struct queue_wakeup *ret, struct err *err);
MUST_USE int replies_named(const struct reply *reply, struct queue_named *rows, size_t room, size_t *ret_count,
                           struct err *err);

#endif
