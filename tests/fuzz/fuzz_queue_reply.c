// SPDX-License-Identifier: Apache-2.0
// Whatever stands where Redis should be may answer anything: each reply is built under its ceilings and read by every
// decoder, and comes out as a checked value or as an error with words. The first byte says in what pieces it comes.
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "queue/call.h"
#include "queue/replies.h"
#include "redis/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static void check(int answer, const struct err *err) {
    if (answer >= 0)
        return;
    assert(err->reason == REASON_INFRA || err->reason == REASON_BAD_INPUT);
    assert(err->msg[0] && memchr(err->msg, '\0', sizeof err->msg));
}

static void decode_lists(const struct reply *reply) {
    static struct queue_row rows[16];
    struct queue_renewal renewals[4] = {0};
    struct queue_counts counts;
    size_t row_count = 0;
    struct err err = {0};
    int answer = replies_rows(reply, rows, 16, &row_count, &err);
    check(answer, &err);
    assert(answer < 0 || row_count <= 16);
    check(replies_renewals(reply, renewals, 4, &err), &err);
    check(replies_counts(reply, &counts, &err), &err);
    static struct queue_pieces pieces;
    answer = replies_pieces(reply, &pieces, &err);
    check(answer, &err);
    assert(answer < 0 || pieces.count <= QUEUE_MAX_PIECES);
    static struct queue_worker workers[4];
    struct server server;
    static struct queue_named named[4];
    struct queue_wakeup wakeup;
    answer = replies_named(reply, named, 4, &row_count, &err);
    check(answer, &err);
    assert(answer < 0 || row_count <= 4);
    check(replies_wakeup(reply, &wakeup, &err), &err);
    check(replies_workers(reply, workers, 4, &row_count, &err), &err);
    check(server_read(reply, &server, &err), &err);
}

static void decode(const struct reply *reply) {
    struct queue_receipt receipt = {0};
    struct queue_claim claim = {0};
    struct queue_record record = {0};
    struct err err = {0};
    int answer = replies_receipt(reply, "submit", 1, &receipt, &err);
    check(answer, &err);
    assert(answer != QUEUE_OK || receipt.state < JOB_STATE_COUNT);
    check(replies_receipt(reply, "retry", 0, &receipt, &err), &err);
    answer = replies_claim(reply, &claim, &err);
    check(answer, &err);
    assert(answer != QUEUE_OK || (claim.document && call_check_id(claim.id, NULL) == 0));
    queue_claim_free(&claim);
    answer = replies_record(reply, &record, &err);
    check(answer, &err);
    assert(answer != QUEUE_OK || (record.text && record.progress && record.state < JOB_STATE_COUNT));
    queue_record_free(&record);
    decode_lists(reply);
    if (reply->kind == REPLY_ERROR) {
        assert(connection_refused(reply, "fuzz", &err) == -1);
        assert(err.msg[0]);
    }
}

static size_t feed(redisReader *reader, const uint8_t *bytes, size_t count, size_t piece) {
    size_t fed = count < piece ? count : piece;
    return redisReaderFeed(reader, (const char *)bytes, fed) == REDIS_OK ? fed : count;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    struct reply_budget budget = {.limits = {.bytes = 8u << 20, .elements = 65536}};
    redisReader *reader = reply_reader_new(&budget);
    size_t piece = count ? (size_t)bytes[0] + 1 : 1;
    if (!reader)
        abort();
    for (size_t at = 1; at < count;) {
        void *built = NULL;
        at += feed(reader, bytes + at, count - at, piece);
        reply_budget_reset(&budget);
        while (redisReaderGetReply(reader, &built) == REDIS_OK && built) {
            assert(budget.elements <= budget.limits.elements && budget.bytes <= budget.limits.bytes);
            decode(built);
            reply_free(built);
            built = NULL;
            reply_budget_reset(&budget);
        }
        if (reader->err)
            break;
    }
    redisReaderFree(reader);
    return 0;
}
