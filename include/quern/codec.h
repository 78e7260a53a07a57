/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conversation worker ↔ quern-codec, and the worker's side of it as functions.
 *
 * quern-codec turns foreign bytes into segments and pictures and back. It is jailed, holds no credential, opens nothing:
 * descriptors in, descriptors out. Its parent process is clean and forks one child per request.
 *
 * One shared SOCK_SEQPACKET socket carries requests; each brings, as its first descriptor, the socket on which the
 * child answers. The child dies when the other end of that socket is closed. When the child dies without a final reply
 * its parent says so there (DIED, with the signal); end of file without that means that all of quern-codec is gone.
 *
 *     DECODE  fds: reply, blob[, columns] ← NEED{bytes}  → struct codec_grant + memory file of NEED bytes  ← DONE
 *             the Arrow IPC file `blob` becomes a sealed segment in the granted memory; `columns`, a sealed file of
 *             names with a NUL behind each: only those, in this order
 *     ARFF    as DECODE, of an ARFF file and all columns
 *     ENCODE  fds: reply, segment, output ← DONE       the segment as Arrow IPC with ZSTD, appended to the empty output
 *     CHECK   fds: reply, segment         ← DONE       every rule of segment.h
 *     HEAD    fds: reply, segment, output ← DONE       the first and last rows as JSON text, for people (schemas/head.md)
 *     PROFILE fds: reply, segment, output ← DONE       what the columns hold as JSON text (schemas/profile.md)
 *     TEXT    fds: reply, segment, output ← DONE       the segment as CSV or TSV, appended to the empty output
 *     JOIN    fds: reply, output, png...  ← DONE       pictures stacked vertically; skipped ones are named in warnings
 *
 * Every op may send WARNING replies before DONE. FAILED is final and carries the error: REASON_BAD_INPUT (DECODE, ARFF),
 * REASON_BAD_RESULT (CHECK, ENCODE), REASON_LIMIT_OUTPUT, REASON_LIMIT_MEMORY (DECODE), REASON_UNWRITABLE (an output on a
 * full disk), REASON_INFRA.
 */
#ifndef QUERN_CODEC_H
#define QUERN_CODEC_H

#include <stdbool.h>
#include <stdint.h>

#include "quern/err.h"
#include "quern/record.h"

#define CODEC_VERSION 1u

/* Descriptors of quern-codec at exec; end of file on the second means that the supervisor is gone. */
enum { CODEC_FD_REQUESTS = 3, CODEC_FD_SUPERVISOR = 4 };

#define CODEC_MAX_PICTURES 200u

enum codec_op {
    CODEC_DECODE = 1,
    CODEC_ENCODE = 2,
    CODEC_CHECK = 3,
    CODEC_HEAD = 4,
    CODEC_JOIN = 5,
    CODEC_PROFILE = 6,
    CODEC_TEXT = 7,
    CODEC_ARFF = 8,
};

/* Zero never means unlimited: codec_ceilings_default() fills in generous values. */
struct codec_ceilings {
    uint64_t bytes; /* of what is produced */
    uint64_t rows;
    uint32_t columns;
    uint32_t picture_side;   /* width or height of one picture, in pixels */
    uint64_t picture_pixels; /* of one picture, and ×32 of the joined one */
};

enum codec_decimals { CODEC_DECIMALS_FLOAT, CODEC_DECIMALS_TEXT };

/* What a dataset shall become. */
struct codec_wish {
    uint32_t profile;  /* enum segment_profile */
    uint32_t decimals; /* enum codec_decimals: the nearest double, or all digits */
    const char
        *columns; /* their names in the order that is wanted, each with its NUL, one behind the other; NULL: all */
    size_t column_bytes;
    uint64_t memory_bytes; /* REASON_LIMIT_MEMORY for a dataset that needs more; 0: the ceilings alone count */
    uint32_t share_texts;  /* 1: texts that repeat themselves become codes: SEGMENT_CELLS */
    uint32_t threads;      /* for that; 0: one. The client sets no threads: the codec knows */
    /* 1: integers of which some are missing stay integers (SEGMENT_NULLABLE) whatever the file says of pandas. For readers
     * only: codec_decode() does not ask for it. */
    uint32_t keep_integers;
};

struct codec_request {
    uint32_t version;
    uint32_t op;        /* enum codec_op */
    uint32_t profile;   /* DECODE, ARFF: enum segment_profile */
    uint32_t threads;   /* 0: one per core */
    uint32_t head_rows; /* HEAD: rows at each end, at most 1000 */
    uint32_t level;     /* ENCODE: zstd level, 0: 1 */
    uint32_t
        checked; /* ENCODE, HEAD: the asker knows that the segment has passed CHECK; being sealed it is as it was */
    uint32_t decimals;     /* DECODE: enum codec_decimals */
    uint32_t share_texts;  /* DECODE: 0 or 1 */
    uint64_t memory_bytes; /* DECODE: as wished for */
    uint32_t separator;    /* TEXT: ',' or '\t' */
    struct codec_ceilings ceilings;
};

enum codec_reply_kind { CODEC_NEED = 1, CODEC_WARNING = 2, CODEC_DONE = 3, CODEC_FAILED = 4, CODEC_DIED = 5 };

struct codec_reply {
    uint32_t kind; /* enum codec_reply_kind */
    uint32_t columns;
    uint64_t bytes; /* NEED: of the segment; DONE: produced */
    uint64_t rows;
    uint32_t pictures; /* JOIN: joined */
    uint32_t width, height;
    uint32_t picture; /* WARNING: index of the picture it speaks of */
    struct err err;   /* FAILED: why; WARNING: the text; DIED: REASON_SIGNAL or REASON_EXIT with its detail */
};

struct codec_grant {
    uint64_t bytes;
};

void codec_ceilings_default(struct codec_ceilings *ceilings);

/*
 * The client. `requests` is the shared socket, owned by whoever holds the struct, which is never copied: a call may put
 * another socket into it. All calls block until the final reply. A child that dies is tried once more; when it dies
 * again the input is to blame: REASON_BAD_INPUT (REASON_BAD_RESULT for what a script made: all but DECODE and ARFF). When
 * quern-codec itself is gone, `renew` may give a connection to another one (ownership passes, the old one is closed) and
 * the call is tried once more; without that, or when that one goes, too, it is REASON_INFRA. Outputs are empty regular
 * files, not append-only, at offset 0; after a failure their content means nothing. `warn` and `renew` may be NULL.
 */
struct codec {
    int requests;
    struct codec_ceilings ceilings;
    void (*warn)(void *context, uint32_t picture, const char *text);
    int (*renew)(void *context, struct err *err);
    void *context;
};

/* CODEC_CHECKED: the segment has passed codec_check() and is sealed; its values are not walked through again. */
enum codec_trust { CODEC_UNCHECKED, CODEC_CHECKED };

struct codec_outcome {
    uint64_t bytes;
    uint64_t rows;
    uint32_t columns;
    uint32_t pictures;
    uint32_t width, height;
};

/* Called between NEED and the grant: gives a memory file of `bytes` (ownership passes) or -1 and an error. Called again
 * when the child died and is tried once more: the second file has to be a fresh one. */
typedef int codec_grant_fn(void *context, uint64_t bytes, uint64_t rows, uint32_t columns, struct err *err);

/* `wish` is borrowed for the call. */
MUST_USE int codec_decode(struct codec *codec, int blob, const struct codec_wish *wish, codec_grant_fn *grant,
                          void *grant_context, struct codec_outcome *ret, struct err *err);
MUST_USE int codec_arff(struct codec *codec, int blob, uint32_t profile, codec_grant_fn *grant, void *grant_context,
                        struct codec_outcome *ret, struct err *err);
MUST_USE int codec_encode(struct codec *codec, int segment, enum codec_trust trust, int output,
                          struct codec_outcome *ret, struct err *err);
MUST_USE int codec_check(struct codec *codec, int segment, struct codec_outcome *ret, struct err *err);
MUST_USE int codec_head(struct codec *codec, int segment, enum codec_trust trust, uint32_t rows, int output,
                        struct codec_outcome *ret, struct err *err);
MUST_USE int codec_profile(struct codec *codec, int segment, enum codec_trust trust, int output,
                           struct codec_outcome *ret, struct err *err);
MUST_USE int codec_text(struct codec *codec, int segment, enum codec_trust trust, char separator, int output,
                        struct codec_outcome *ret, struct err *err);
MUST_USE int codec_join(struct codec *codec, const int *pictures, uint32_t count, int output, struct codec_outcome *ret,
                        struct err *err);

#endif
