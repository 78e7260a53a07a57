// SPDX-License-Identifier: Apache-2.0
// Views are 16 bytes: a length, then the text itself when it has at most 12 bytes, else 4 bytes of it, the number of a
// data buffer and the place in it. They become offsets and data.
#include <string.h>

#include "arrow_decode.h"
#include "bits.h"
#include "quern/own.h"

enum { VIEW_BYTES = 16, INLINE_BYTES = 12 };

struct blobs {
    struct arrow_buffer *buffers; // owned
    const uint8_t **bytes;        // owned; decoded
    uint32_t count;
};

static void blobs_done(struct blobs *blobs) {
    free(blobs->buffers);
    free(blobs->bytes);
}

#define auto_blobs __attribute__((cleanup(blobs_done)))

static int open_blobs(const struct arrow_source *source, const struct arrow_piece *piece, uint64_t ceiling,
                      struct blobs *blobs, struct err *err) {
    blobs->count = piece->data_buffers;
    blobs->buffers = calloc(blobs->count + 1, sizeof *blobs->buffers);
    blobs->bytes = calloc(blobs->count + 1, sizeof *blobs->bytes);
    if (!blobs->buffers || !blobs->bytes)
        return err_set(err, REASON_INFRA, "out of memory for %u data buffers", blobs->count);
    for (uint32_t i = 0; i < blobs->count; i++)
        TRY(arrow_buffer_open(piece->batch, piece->buffer + 2 + i, "data", ceiling, source->column, &blobs->buffers[i],
                              err));
    return 0;
}

// All data buffers are needed at once; raw ones stay where they are.
static int decode_blobs(struct arrow_worker *worker, const struct arrow_source *source, uint64_t ceiling,
                        struct blobs *blobs, struct err *err) {
    uint64_t total = 0;
    uint8_t *room;
    for (uint32_t i = 0; i < blobs->count; i++) {
        total += blobs->buffers[i].packing != ARROW_RAW ? blobs->buffers[i].decoded : 0;
        if (total > ceiling)
            return err_set(err, REASON_LIMIT_OUTPUT, "a column has more than %llu bytes of text",
                           (unsigned long long)ceiling);
    }
    TRY(arrow_worker_slot(worker, ARROW_SLOT_DATA, total, &room, err));
    for (uint32_t i = 0; i < blobs->count; i++) {
        blobs->bytes[i] = blobs->buffers[i].bytes;
        if (blobs->buffers[i].packing == ARROW_RAW)
            continue;
        TRY(arrow_buffer_decode(worker, &blobs->buffers[i], room, source->column, err));
        blobs->bytes[i] = room;
        room += blobs->buffers[i].decoded;
    }
    return 0;
}

static int open_views(struct arrow_worker *worker, const struct arrow_source *source, const struct arrow_piece *piece,
                      uint64_t ceiling, const uint8_t **ret, struct err *err) {
    struct arrow_buffer buffer;
    TRY(arrow_buffer_open(piece->batch, piece->buffer + 1, "views", ceiling, source->column, &buffer, err));
    return arrow_buffer_read(worker, &buffer, ARROW_SLOT_VALUES, piece->rows * VIEW_BYTES, source->column, ret, err);
}

struct view {
    uint32_t length;
    uint32_t buffer;
    uint32_t offset;
    const uint8_t *text; // of an inline one
};

static struct view view_at(const uint8_t *views, uint64_t row) {
    const uint8_t *at = views + row * VIEW_BYTES;
    return (struct view){flat_load_u32(at), flat_load_u32(at + 8), flat_load_u32(at + 12), at + 4};
}

static int check_view(const struct blobs *blobs, const struct view *view, const struct arrow_source *source,
                      uint64_t row, struct err *err) {
    if (view->length <= INLINE_BYTES)
        return 0;
    if (view->length > INT32_MAX)
        return arrow_refuse(source->column, err, "row %llu is a view of length %d", (unsigned long long)row,
                            (int32_t)view->length);
    if (view->buffer >= blobs->count)
        return arrow_refuse(source->column, err, "row %llu lies in data buffer %u, there are %u",
                            (unsigned long long)row, view->buffer, blobs->count);
    if ((uint64_t)view->offset + view->length > blobs->buffers[view->buffer].decoded)
        return arrow_refuse(source->column, err, "row %llu lies outside of its data buffer", (unsigned long long)row);
    return 0;
}

int arrow_view_measure(struct arrow_worker *worker, const struct arrow_source *source, struct arrow_piece *piece,
                       const uint8_t *present, int64_t *ends, uint64_t ceiling, struct err *err) {
    auto_blobs struct blobs blobs = {0};
    const uint8_t *views;
    uint64_t total = 0;
    TRY(open_blobs(source, piece, ceiling, &blobs, err));
    TRY(open_views(worker, source, piece, ceiling, &views, err));
    for (uint64_t row = 0; row < piece->rows; row++) {
        if (!present || bits_present(present, row)) {
            struct view view = view_at(views, row);
            TRY(check_view(&blobs, &view, source, piece->row + row, err));
            total += view.length;
        }
        // Views may share their text: few bytes can stand for very many.
        if (total > ceiling)
            return err_set(err, REASON_LIMIT_OUTPUT, "a column has more than %llu bytes of text",
                           (unsigned long long)ceiling);
        if (ends)
            ends[row] = (int64_t)total;
    }
    piece->text_bytes = total;
    return 0;
}

int arrow_view_fill(struct arrow_worker *worker, const struct arrow_source *source, const struct arrow_piece *piece,
                    const uint8_t *present, const int64_t *ends, uint8_t *to, uint64_t ceiling, struct err *err) {
    auto_blobs struct blobs blobs = {0};
    const uint8_t *views;
    TRY(open_blobs(source, piece, ceiling, &blobs, err));
    TRY(decode_blobs(worker, source, ceiling, &blobs, err));
    TRY(open_views(worker, source, piece, ceiling, &views, err));
    for (uint64_t row = 0, at = 0; row < piece->rows; row++) {
        if (present && !bits_present(present, row))
            continue;
        struct view view = view_at(views, row);
        TRY(check_view(&blobs, &view, source, piece->row + row, err));
        if (at + view.length != (uint64_t)ends[row])
            return err_set(err, REASON_INFRA, "the file changed while it was read");
        if (view.length > 0)
            memcpy(to + at, view.length <= INLINE_BYTES ? view.text : blobs.bytes[view.buffer] + view.offset,
                   view.length);
        at += view.length;
    }
    return 0;
}

int arrow_view_each(struct arrow_worker *worker, const struct arrow_source *source, struct arrow_piece *piece,
                    uint64_t ceiling, arrow_each_text *each, void *context, struct err *err) {
    auto_blobs struct blobs blobs = {0};
    const uint8_t *views, *present;
    TRY(arrow_decode_validity(worker, source, piece, ceiling, &present, err));
    TRY(open_blobs(source, piece, ceiling, &blobs, err));
    TRY(decode_blobs(worker, source, ceiling, &blobs, err));
    TRY(open_views(worker, source, piece, ceiling, &views, err));
    for (uint64_t row = 0; row < piece->rows; row++) {
        if (present && !bits_present(present, row))
            continue;
        struct view view = view_at(views, row);
        TRY(check_view(&blobs, &view, source, piece->row + row, err));
        const uint8_t *text = view.length <= INLINE_BYTES ? view.text : blobs.bytes[view.buffer] + view.offset;
        int result = each(context, row, text, view.length, err);
        if (result != 0)
            return result;
    }
    return 0;
}
