// SPDX-License-Identifier: Apache-2.0
#include "arrow_buffer.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "arrow_lz4.h"

enum { PREFIX_BYTES = 8, RAW_BEHIND_PREFIX = -1 };

// A block of a zstd frame has a header of 3 bytes and at least one byte more, and stands for at most 128 KiB.
enum { ZSTD_LEAST_BLOCK = 4, ZSTD_LARGEST_BLOCK = 128 * 1024 };

// A byte of LZ4 stands for at most 255.
enum { LZ4_LARGEST_RATIO = 255 };

static int check_frame(const struct arrow_buffer *buffer, const struct arrow_column *column, struct err *err) {
    unsigned long long decoded = buffer->decoded, said = ZSTD_getFrameContentSize(buffer->bytes, buffer->stored);
    if (said == ZSTD_CONTENTSIZE_ERROR)
        return arrow_refuse(column, err, "its %s are not a zstd frame", buffer->what);
    if (said != ZSTD_CONTENTSIZE_UNKNOWN && said != decoded)
        return arrow_refuse(column, err, "its %s declare %llu bytes, their zstd frame %llu", buffer->what, decoded,
                            said);
    return 0;
}

static bool can_hold(const struct arrow_buffer *buffer) {
    if (buffer->packing == ARROW_LZ4)
        return buffer->decoded / LZ4_LARGEST_RATIO <= buffer->stored;
    return buffer->decoded / ZSTD_LARGEST_BLOCK <= buffer->stored / ZSTD_LEAST_BLOCK;
}

static int check_size(const struct arrow_buffer *buffer, uint64_t ceiling, const struct arrow_column *column,
                      struct err *err) {
    unsigned long long decoded = buffer->decoded;
    if (buffer->packing == ARROW_ZSTD)
        TRY(check_frame(buffer, column, err));
    if (!can_hold(buffer))
        return arrow_refuse(column, err, "its %s declare %llu bytes, which %llu compressed bytes cannot hold",
                            buffer->what, decoded, (unsigned long long)buffer->stored);
    if (decoded > ceiling) {
        arrow_refuse(column, err, "its %s declare %llu bytes, the limit is %llu", buffer->what, decoded,
                     (unsigned long long)ceiling);
        if (err)
            err->reason = REASON_LIMIT_OUTPUT;
        return -1;
    }
    return 0;
}

static int read_prefix(struct arrow_buffer *buffer, enum arrow_packing packing, uint64_t ceiling,
                       const struct arrow_column *column, struct err *err) {
    if (buffer->stored < PREFIX_BYTES)
        return arrow_refuse(column, err, "its %s have %llu bytes, too few for a compressed buffer", buffer->what,
                            (unsigned long long)buffer->stored);
    int64_t declared = flat_load_i64(buffer->bytes);
    buffer->bytes += PREFIX_BYTES;
    buffer->stored -= PREFIX_BYTES;
    buffer->decoded = buffer->stored;
    if (declared == RAW_BEHIND_PREFIX)
        return 0;
    if (declared < 0)
        return arrow_refuse(column, err, "its %s declare %lld bytes", buffer->what, (long long)declared);
    buffer->decoded = (uint64_t)declared;
    buffer->packing = packing;
    return check_size(buffer, ceiling, column, err);
}

int arrow_buffer_open(const struct arrow_batch *batch, uint32_t index, const char *what, uint64_t ceiling,
                      const struct arrow_column *column, struct arrow_buffer *ret, struct err *err) {
    if (index >= batch->buffer_count)
        return arrow_refuse(column, err, "its %s are missing: the batch has %u buffers", what, batch->buffer_count);
    const uint8_t *entry = batch->buffers + (uint64_t)index * 16;
    uint64_t offset = (uint64_t)flat_load_i64(entry), bytes = (uint64_t)flat_load_i64(entry + 8);
    if (offset > batch->body_bytes || bytes > batch->body_bytes - offset)
        return arrow_refuse(column, err, "its %s lie outside of the batch: %lld bytes at %lld, in a body of %llu", what,
                            (long long)bytes, (long long)offset, (unsigned long long)batch->body_bytes);
    struct arrow_buffer buffer = {.what = what, .bytes = batch->body + offset, .stored = bytes, .decoded = bytes};
    if (batch->compressed && bytes > 0)
        TRY(read_prefix(&buffer, batch->codec == ARROW_CODEC_LZ4 ? ARROW_LZ4 : ARROW_ZSTD, ceiling, column, err));
    *ret = buffer;
    return 0;
}

void arrow_worker_done(struct arrow_worker *worker) {
    ZSTD_freeDCtx(worker->zstd);
    arrow_lz4_done(worker->lz4);
    for (int i = 0; i < ARROW_SLOTS; i++)
        free(worker->slots[i].bytes);
    *worker = (struct arrow_worker){0};
}

int arrow_worker_slot(struct arrow_worker *worker, enum arrow_slot slot, uint64_t bytes, uint8_t **ret,
                      struct err *err) {
    if (worker->slots[slot].capacity < bytes || !worker->slots[slot].bytes) {
        free(worker->slots[slot].bytes);
        worker->slots[slot].bytes = malloc(bytes + 1);
        worker->slots[slot].capacity = worker->slots[slot].bytes ? bytes : 0;
    }
    if (!worker->slots[slot].bytes)
        return err_set(err, REASON_INFRA, "out of memory for a buffer of %llu bytes", (unsigned long long)bytes);
    *ret = worker->slots[slot].bytes;
    return 0;
}

static int inflate_zstd(struct arrow_worker *worker, const struct arrow_buffer *buffer, void *to,
                        const struct arrow_column *column, struct err *err) {
    if (!worker->zstd)
        worker->zstd = ZSTD_createDCtx();
    if (!worker->zstd)
        return err_set(err, REASON_INFRA, "out of memory for a zstd context");
    size_t got = ZSTD_decompressDCtx(worker->zstd, to, buffer->decoded, buffer->bytes, buffer->stored);
    if (ZSTD_isError(got))
        return arrow_refuse(column, err, "its %s cannot be decompressed: %s", buffer->what, ZSTD_getErrorName(got));
    if (got != buffer->decoded)
        return arrow_refuse(column, err, "its %s declare %llu bytes, decompressed they have %zu", buffer->what,
                            (unsigned long long)buffer->decoded, got);
    return 0;
}

static int inflate_lz4(struct arrow_worker *worker, const struct arrow_buffer *buffer, void *to,
                       const struct arrow_column *column, struct err *err) {
    const char *wrong = arrow_lz4_inflate(&worker->lz4, buffer->bytes, buffer->stored, to, buffer->decoded);
    if (wrong)
        return arrow_refuse(column, err, "its %s cannot be decompressed by LZ4: %s", buffer->what, wrong);
    return 0;
}

int arrow_buffer_decode(struct arrow_worker *worker, const struct arrow_buffer *buffer, void *to,
                        const struct arrow_column *column, struct err *err) {
    if (buffer->packing == ARROW_ZSTD)
        return inflate_zstd(worker, buffer, to, column, err);
    if (buffer->packing == ARROW_LZ4)
        return inflate_lz4(worker, buffer, to, column, err);
    if (buffer->decoded > 0)
        memcpy(to, buffer->bytes, buffer->decoded);
    return 0;
}

static int check_needed(const struct arrow_buffer *buffer, uint64_t needed, const struct arrow_column *column,
                        struct err *err) {
    if (buffer->decoded < needed)
        return arrow_refuse(column, err, "its %s have %llu bytes, its rows need %llu", buffer->what,
                            (unsigned long long)buffer->decoded, (unsigned long long)needed);
    return 0;
}

int arrow_buffer_read(struct arrow_worker *worker, const struct arrow_buffer *buffer, enum arrow_slot slot,
                      uint64_t needed, const struct arrow_column *column, const uint8_t **ret, struct err *err) {
    uint8_t *room = NULL;
    TRY(check_needed(buffer, needed, column, err));
    *ret = buffer->bytes;
    if (buffer->packing == ARROW_RAW)
        return 0;
    TRY(arrow_worker_slot(worker, slot, buffer->decoded, &room, err));
    *ret = room;
    return arrow_buffer_decode(worker, buffer, room, column, err);
}

int arrow_buffer_into(struct arrow_worker *worker, const struct arrow_buffer *buffer, void *to, uint64_t needed,
                      const struct arrow_column *column, struct err *err) {
    const uint8_t *bytes;
    if (needed == buffer->decoded)
        return arrow_buffer_decode(worker, buffer, to, column, err);
    // Padding would run over the next rows: take what the rows need.
    TRY(arrow_buffer_read(worker, buffer, ARROW_SLOT_VALUES, needed, column, &bytes, err));
    if (needed > 0)
        memcpy(to, bytes, needed);
    return 0;
}

static int prefix_zstd(struct arrow_worker *worker, const struct arrow_buffer *buffer, uint8_t *to, uint64_t bytes,
                       const struct arrow_column *column, struct err *err) {
    ZSTD_inBuffer from = {buffer->bytes, buffer->stored, 0};
    ZSTD_outBuffer out = {to, bytes, 0};
    if (!worker->zstd)
        worker->zstd = ZSTD_createDCtx();
    if (!worker->zstd)
        return err_set(err, REASON_INFRA, "out of memory for a zstd context");
    (void)ZSTD_DCtx_reset(worker->zstd, ZSTD_reset_session_only);
    while (out.pos < out.size) {
        size_t before = out.pos, read = from.pos, hint = ZSTD_decompressStream(worker->zstd, &out, &from);
        if (ZSTD_isError(hint) || (out.pos == before && from.pos == read))
            return arrow_refuse(column, err, "its %s cannot be decompressed", buffer->what);
    }
    return 0;
}

int arrow_buffer_prefix(struct arrow_worker *worker, const struct arrow_buffer *buffer, enum arrow_slot slot,
                        uint64_t bytes, const struct arrow_column *column, const uint8_t **ret, struct err *err) {
    uint8_t *room;
    if (buffer->packing == ARROW_RAW || bytes >= buffer->decoded)
        return arrow_buffer_read(worker, buffer, slot, bytes, column, ret, err);
    TRY(arrow_worker_slot(worker, slot, bytes, &room, err));
    *ret = room;
    if (buffer->packing == ARROW_ZSTD)
        return prefix_zstd(worker, buffer, room, bytes, column, err);
    if (!arrow_lz4_prefix(&worker->lz4, buffer->bytes, buffer->stored, room, bytes))
        return arrow_refuse(column, err, "its %s cannot be decompressed", buffer->what);
    return 0;
}
