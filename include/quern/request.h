/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a script asks its worker while it runs: records over a SOCK_SEQPACKET channel that the child gets by HOST_REQUESTS
 * (host.h). Any number of its threads and forked processes may ask at the same time.
 *
 *     child → worker   struct request, fds: REPLY[, PAYLOAD]       PROGRESS: no descriptor, and no reply
 *     worker → child   struct request_reply on REPLY, as long as its data; READ: fd, a sealed segment
 *
 * REPLY is one end of a socket pair that the asker made for this request: no reply comes to the wrong thread, and the end
 * of file says that nobody will answer any more. PAYLOAD is an open file of the work directory, with or without a name, of
 * which the worker makes a copy.
 *
 *     PROGRESS  fraction (0..1, or NaN), text          METRIC  name, text: the value as JSON
 *     FILE      name, PAYLOAD: a file that stays       FIND    name: a key → bytes
 *     READ      key of a dataset → its segment         BYTES   key, offset → bytes in all, data from there on
 *     LIST      prefix, text: the last key that was told, or "" → lines "BYTES KEY\n", and `bytes` of them; none: the end
 *     WRITE     key, PAYLOAD: a segment                PUT     key, PAYLOAD: bytes
 *     REMOVE    key that this run wrote
 *
 * Every byte comes from a process that runs foreign code. What is no request, or one too many, ends the job as bad_result;
 * what a request may not have, or is wrong about, is the reply's `reason`, and the script goes on. Units: bytes.
 */
#ifndef QUERN_REQUEST_H
#define QUERN_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "quern/err.h"

#define REQUEST_NAME_BYTES 1032
#define REQUEST_TEXT_BYTES 16384
#define REQUEST_DATA_BYTES 61440u
#define REQUEST_MAX 1000000u /* of one job, PROGRESS apart */
#define REQUEST_MAX_DEPTH 8u /* of a metric's JSON */
#define REQUEST_MAX_FDS 2

enum request_kind {
    REQUEST_PROGRESS = 1,
    REQUEST_METRIC,
    REQUEST_FILE,
    REQUEST_FIND,
    REQUEST_READ,
    REQUEST_BYTES,
    REQUEST_LIST,
    REQUEST_WRITE,
    REQUEST_PUT,
    REQUEST_REMOVE,
};

struct request {
    uint32_t kind; /* enum request_kind */
    uint32_t reserved;
    double fraction;
    uint64_t offset;
    char name[REQUEST_NAME_BYTES]; /* terminated */
    char text[REQUEST_TEXT_BYTES]; /* terminated */
};

/* Sent up to the last byte of data that counts. */
struct request_reply {
    uint32_t reason; /* enum reason; NONE: it was done */
    uint32_t count;  /* of data */
    uint64_t bytes;
    char data[REQUEST_DATA_BYTES]; /* what was asked for; with a reason: the message, not terminated */
};

#define REQUEST_REPLY_HEAD offsetof(struct request_reply, data)

/* Makes a request of a hostile child safe to read: kind in range, as many descriptors as it has, texts terminated and
 * UTF-8; those of PROGRESS one line without control characters. REASON_BAD_RESULT if it cannot be. */
MUST_USE int request_check(struct request *request, size_t fd_count, struct err *err);

#endif
