// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "arrow_decode.h"
#include "bits.h"
#include "quern/utf8.h"

struct run {
    const struct arrow_source *source;
    struct arrow_piece *piece;
    const uint8_t *from; // the file's offsets
    uint32_t width;      // of one of them
    const uint8_t *present;
};

static int64_t load_offset(const struct run *run, uint64_t index) {
    if (run->width == 8)
        return flat_load_i64(run->from + index * 8);
    return (int32_t)flat_load_u32(run->from + index * 4);
}

static int open_run(struct arrow_worker *worker, const struct arrow_source *source, struct arrow_piece *piece,
                    uint64_t ceiling, struct run *ret, struct err *err) {
    struct arrow_buffer buffer;
    *ret = (struct run){source, piece, NULL, source->type->form == ARROW_LARGE_TEXT ? 8 : 4, NULL};
    TRY(arrow_decode_validity(worker, source, piece, ceiling, &ret->present, err));
    TRY(arrow_buffer_open(piece->batch, piece->buffer + 1, "offsets", ceiling, source->column, &buffer, err));
    return arrow_buffer_read(worker, &buffer, ARROW_SLOT_VALUES, (piece->rows + 1) * ret->width, source->column,
                             &ret->from, err);
}

static int falling(const struct run *run, uint64_t row, int64_t from, int64_t to, struct err *err) {
    return arrow_refuse(run->source->column, err, "the offset falls at row %llu, from %lld to %lld",
                        (unsigned long long)(run->piece->row + row), (long long)from, (long long)to);
}

// Offsets that rise from 0 or more to the data's size make every text lie inside.
static int check_ends(const struct run *run, uint64_t data_bytes, struct err *err) {
    int64_t first = load_offset(run, 0), last = load_offset(run, run->piece->rows);
    if (first < 0 || last < first || (uint64_t)last > data_bytes)
        return arrow_refuse(run->source->column, err, "its offsets run from %lld to %lld, its data have %llu bytes",
                            (long long)first, (long long)last, (unsigned long long)data_bytes);
    run->piece->text_first = (uint64_t)first;
    return 0;
}

// As plain as it is so that compilers see through. False: the offsets fall somewhere, and the ends mean nothing.
#define RISE(name, type)                                                                                               \
    static bool rise_##name(const struct run *run, int64_t *ends) {                                                    \
        int64_t first = load_offset(run, 0);                                                                           \
        bool falls = false;                                                                                            \
        for (uint64_t row = 0; row < run->piece->rows; row++) {                                                        \
            type before, next;                                                                                         \
            memcpy(&before, run->from + row * sizeof before, sizeof before);                                           \
            memcpy(&next, run->from + (row + 1) * sizeof next, sizeof next);                                           \
            falls |= next < before;                                                                                    \
            if (ends)                                                                                                  \
                ends[row] = (int64_t)((uint64_t)next - (uint64_t)first);                                               \
        }                                                                                                              \
        return !falls;                                                                                                 \
    }

RISE(narrow, int32_t)
RISE(wide, int64_t)

static bool has_gaps(const struct run *run) {
    if (!run->present)
        return false;
    BITS_EACH_MISSING(run->present, run->piece->rows, row)
    if (load_offset(run, row + 1) != load_offset(run, row))
        return true;
    return false;
}

// Bytes below nulls take no room.
static int measure_present(const struct run *run, int64_t *ends, struct err *err) {
    int64_t before = load_offset(run, 0), total = 0;
    for (uint64_t row = 0; row < run->piece->rows; row++) {
        int64_t next = load_offset(run, row + 1);
        if (next < before)
            return falling(run, row, before, next, err);
        if (!run->present || bits_present(run->present, row))
            total += next - before;
        if (ends)
            ends[row] = total;
        before = next;
    }
    run->piece->text_bytes = (uint64_t)total;
    return 0;
}

// Writes the end of each text, counted from the piece's first byte.
static int measure(const struct run *run, int64_t *ends, struct err *err) {
    run->piece->text_gaps = has_gaps(run);
    if (run->piece->text_gaps || !(run->width == 8 ? rise_wide(run, ends) : rise_narrow(run, ends)))
        return measure_present(run, ends, err);
    run->piece->text_bytes = (uint64_t)(load_offset(run, run->piece->rows) - load_offset(run, 0));
    return 0;
}

static int measure_others(struct arrow_worker *worker, const struct arrow_source *source, struct arrow_piece *piece,
                          const struct arrow_target *target, int64_t *ends, uint64_t ceiling, struct err *err) {
    const uint8_t *present;
    TRY(arrow_decode_validity(worker, source, piece, ceiling, &present, err));
    arrow_decode_nulls(piece, target, present);
    if (source->type->form == ARROW_TEXT_VIEW)
        return arrow_view_measure(worker, source, piece, present, ends, ceiling, err);
    if (source->type->form == ARROW_DECIMAL_TEXT)
        return arrow_decimal_measure(worker, source, piece, present, ends, ceiling, err);
    arrow_bytes_measure(source, piece, present, ends);
    return 0;
}

int arrow_text_measure(struct arrow_worker *worker, const struct arrow_source *source, struct arrow_piece *piece,
                       const struct arrow_target *target, uint64_t ceiling, struct err *err) {
    struct run run;
    struct arrow_buffer data;
    int64_t *ends = target->offsets ? target->offsets + piece->row + 1 : NULL;
    if (piece->rows == 0)
        return 0;
    if (ends)
        arrow_decode_touch(ends, piece->rows * sizeof *ends);
    if (source->type->form != ARROW_TEXT && source->type->form != ARROW_LARGE_TEXT)
        return measure_others(worker, source, piece, target, ends, ceiling, err);
    TRY(open_run(worker, source, piece, ceiling, &run, err));
    TRY(arrow_buffer_open(piece->batch, piece->buffer + 2, "data", ceiling, source->column, &data, err));
    TRY(check_ends(&run, data.decoded, err));
    arrow_decode_nulls(piece, target, run.present);
    return measure(&run, ends, err);
}

static void copy_present(const struct run *run, const uint8_t *data, uint8_t *to) {
    for (uint64_t row = 0; row < run->piece->rows; row++) {
        int64_t from = load_offset(run, row), next = load_offset(run, row + 1);
        if (next > from && (!run->present || bits_present(run->present, row))) {
            memcpy(to, data + from, (size_t)(next - from));
            to += next - from;
        }
    }
}

// Writers pad. What overflows is for the next piece to write over, or for nobody.
static int fill_directly(struct arrow_worker *worker, const struct arrow_source *source,
                         const struct arrow_piece *piece, const struct arrow_buffer *buffer, uint8_t *to,
                         struct err *err) {
    TRY(arrow_buffer_decode(worker, buffer, to, source->column, err));
    if (buffer->decoded > piece->text_bytes)
        memset(to + piece->text_bytes, 0, buffer->decoded - piece->text_bytes);
    return 0;
}

static int fill_data(struct arrow_worker *worker, const struct arrow_source *source, struct arrow_piece *piece,
                     uint8_t *to, uint64_t ceiling, struct err *err) {
    struct run run;
    struct arrow_buffer buffer;
    const uint8_t *data;
    TRY(arrow_buffer_open(piece->batch, piece->buffer + 2, "data", ceiling, source->column, &buffer, err));
    if (piece->text_first == 0 && !piece->text_gaps && buffer.decoded - piece->text_bytes <= piece->text_slack)
        return fill_directly(worker, source, piece, &buffer, to, err);
    TRY(arrow_buffer_read(worker, &buffer, ARROW_SLOT_DATA, 0, source->column, &data, err));
    if (piece->text_gaps) {
        TRY(open_run(worker, source, piece, ceiling, &run, err));
        copy_present(&run, data, to);
    } else if (piece->text_bytes > 0) {
        memcpy(to, data + piece->text_first, piece->text_bytes);
    }
    return 0;
}

// Texts that are valid together are valid alone when each begins where a character does.
static int check_utf8(const struct arrow_source *source, const struct arrow_piece *piece, const uint8_t *bytes,
                      const int64_t *ends, struct err *err) {
    if (source->type->is_binary || utf8_ascii(bytes, piece->text_bytes))
        return 0;
    uint64_t bad = utf8_first_bad(bytes, piece->text_bytes);
    for (uint64_t row = 0; row < piece->rows; row++) {
        uint64_t end = (uint64_t)ends[row];
        if (bad < end || (end < piece->text_bytes && !utf8_starts(bytes[end])))
            return arrow_refuse(source->column, err, "row %llu is not UTF-8", (unsigned long long)(piece->row + row));
    }
    return 0;
}

static int fill_unmeasured(struct arrow_worker *worker, const struct arrow_source *source, struct arrow_piece *piece,
                           const int64_t *ends, uint8_t *to, uint64_t ceiling, struct err *err) {
    const uint8_t *present;
    TRY(arrow_decode_validity(worker, source, piece, ceiling, &present, err));
    if (source->type->form == ARROW_DECIMAL_TEXT)
        return arrow_decimal_fill(worker, source, piece, present, to, ceiling, err);
    return arrow_view_fill(worker, source, piece, present, ends, to, ceiling, err);
}

int arrow_text_fill(struct arrow_worker *worker, const struct arrow_source *source, struct arrow_piece *piece,
                    const struct arrow_target *target, uint64_t ceiling, struct err *err) {
    if (piece->rows == 0)
        return 0;
    int64_t *ends = target->offsets + piece->row + 1;
    uint8_t *to = target->values + piece->text_at;
    arrow_decode_touch(to, piece->text_bytes);
    if (arrow_type_is_unmeasured(source->type))
        TRY(fill_unmeasured(worker, source, piece, ends, to, ceiling, err));
    else if (source->type->form == ARROW_FIXED_BYTES)
        TRY(arrow_bytes_fill(worker, source, piece, to, ceiling, err));
    else
        TRY(fill_data(worker, source, piece, to, ceiling, err));
    TRY(check_utf8(source, piece, to, ends, err));
    for (uint64_t row = 0; row < piece->rows; row++)
        ends[row] += (int64_t)piece->text_at;
    return 0;
}

int arrow_text_each(struct arrow_worker *worker, const struct arrow_source *source, struct arrow_piece *piece,
                    uint64_t ceiling, arrow_each_text *each, void *context, struct err *err) {
    struct run run;
    struct arrow_buffer buffer;
    const uint8_t *data;
    TRY(open_run(worker, source, piece, ceiling, &run, err));
    TRY(arrow_buffer_open(piece->batch, piece->buffer + 2, "data", ceiling, source->column, &buffer, err));
    TRY(check_ends(&run, buffer.decoded, err));
    TRY(arrow_buffer_read(worker, &buffer, ARROW_SLOT_DATA, 0, source->column, &data, err));
    // Offsets that fall somewhere may lie anywhere before: all are proved before a text is looked at.
    TRY(measure(&run, NULL, err));
    int64_t before = load_offset(&run, 0);
    for (uint64_t row = 0; row < piece->rows; row++) {
        int64_t next = load_offset(&run, row + 1);
        if (!run.present || bits_present(run.present, row)) {
            int result = each(context, row, data + before, (uint64_t)(next - before), err);
            if (result != 0)
                return result;
        }
        before = next;
    }
    return 0;
}
