// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "arrow_decimal.h"
#include "arrow_decode.h"
#include "bits.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

enum { PAGE = 4096, TOUCH_AT_LEAST = 16 * PAGE };

// Whole pages only: the bytes around them are a neighbour's. Kernels before 5.14 refuse, and pages come one by one.
void arrow_decode_touch(void *at, uint64_t bytes) {
    uintptr_t first = ((uintptr_t)at + PAGE - 1) / PAGE * PAGE, end = ((uintptr_t)at + bytes) / PAGE * PAGE;
    if (end > first && end - first >= TOUCH_AT_LEAST)
        (void)madvise((char *)at + (first - (uintptr_t)at), end - first, MADV_POPULATE_WRITE);
}

int arrow_decode_validity(struct arrow_worker *worker, const struct arrow_source *source,
                          const struct arrow_piece *piece, uint64_t ceiling, const uint8_t **ret, struct err *err) {
    struct arrow_buffer buffer;
    *ret = NULL;
    if (piece->nulls == 0)
        return 0;
    TRY(arrow_buffer_open(piece->batch, piece->buffer, "validity", ceiling, source->column, &buffer, err));
    TRY(arrow_buffer_read(worker, &buffer, ARROW_SLOT_VALIDITY, (piece->rows + 7) / 8, source->column, ret, err));
    uint64_t nulls = bits_count_missing(*ret, piece->rows);
    if (nulls != piece->nulls)
        return arrow_refuse(source->column, err, "a batch speaks of %llu nulls, its validity has %llu",
                            (unsigned long long)piece->nulls, (unsigned long long)nulls);
    return 0;
}

// A mask takes its pages one by one where most of them have nothing to say.
static void store_mask(const struct arrow_piece *piece, uint8_t *mask, const uint8_t *present) {
    if (piece->nulls > piece->rows / PAGE)
        arrow_decode_touch(mask, piece->rows);
    bits_spread_missing(mask, present, piece->rows);
}

void arrow_decode_nulls(const struct arrow_piece *piece, const struct arrow_target *target, const uint8_t *present) {
    if (!target->nulls)
        return;
    if (target->rule == SEGMENT_NULLS_BITMAP)
        bits_put(target->nulls, piece->row, present, piece->rows);
    else if (present)
        store_mask(piece, target->nulls + piece->row, present);
}

struct step {
    const struct arrow_source *source;
    const struct arrow_target *target;
    struct arrow_piece *piece;
    const uint8_t *from; // what the file holds; may be `to` itself
    uint8_t *to;
    const uint8_t *present;
};

// From and to may be the same place and unaligned: one value is loaded before one is stored.
#define EACH(from_type, to_type, expression)                                                                           \
    for (uint64_t row = 0; row < step->piece->rows; row++) {                                                           \
        from_type value;                                                                                               \
        memcpy(&value, step->from + row * sizeof value, sizeof value);                                                 \
        to_type result = (to_type)(expression);                                                                        \
        memcpy(step->to + row * sizeof result, &result, sizeof result);                                                \
    }

static void widen(const struct step *step) {
    const struct arrow_type *type = step->source->type;
    switch (type->width + (type->is_signed ? 0 : 16)) {
    case 1:
        EACH(int8_t, double, value) break;
    case 2:
        EACH(int16_t, double, value) break;
    case 4:
        EACH(int32_t, double, value) break;
    case 8:
        EACH(int64_t, double, value) break;
    case 17:
        EACH(uint8_t, double, value) break;
    case 18:
        EACH(uint16_t, double, value) break;
    case 20:
        EACH(uint32_t, double, value) break;
    default:
        EACH(uint64_t, double, value) break;
    }
}

// Integers of more than 53 bits between the first and the last 1 are rounded.
static uint64_t count_inexact(const struct step *step) {
    const struct arrow_type *type = step->source->type;
    uint64_t found = 0;
    if (type->width < 8)
        return 0;
    for (uint64_t row = 0; row < step->piece->rows; row++) {
        uint64_t size = (uint64_t)flat_load_i64(step->from + row * 8);
        if (type->is_signed && (int64_t)size < 0)
            size = -size;
        if (size >> 53 && size >> __builtin_ctzll(size) >> 53 && (!step->present || bits_present(step->present, row)))
            found++;
    }
    return found;
}

static double round_decimal(const struct step *step, const uint8_t *at, bool *exact) {
    struct arrow_decimal decimal = arrow_decimal_load(at, step->source->type->width);
    return arrow_decimal_value(&decimal, step->source->type->scale, exact);
}

static void round_decimals(const struct step *step) {
    uint32_t width = step->source->type->width;
    double power = width == 16 ? arrow_decimal_power(step->source->type->scale) : 0;
    step->piece->inexact = 0;
    for (uint64_t row = 0; row < step->piece->rows; row++) {
        const uint8_t *at = step->from + row * width;
        bool exact = true;
        double value = 0;
        if ((!step->present || bits_present(step->present, row)) &&
            !(power > 0 && arrow_decimal_small(at, power, &value)))
            value = round_decimal(step, at, &exact);
        memcpy(step->to + row * sizeof value, &value, sizeof value);
        step->piece->inexact += !exact;
    }
}

static int64_t load_time(const struct step *step, uint64_t row) {
    int32_t days;
    if (step->source->type->width == 8)
        return flat_load_i64(step->from + row * 8);
    memcpy(&days, step->from + row * 4, sizeof days);
    return days;
}

static int too_far(const struct step *step, uint64_t row, int64_t value, struct err *err) {
    if (step->source->type->form == ARROW_DURATION)
        return arrow_refuse(step->source->column, err,
                            "row %llu holds %lld %s, which nanoseconds cannot hold (they reach 292 years)",
                            (unsigned long long)(step->piece->row + row), (long long)value, step->target->unit);
    return arrow_refuse(
        step->source->column, err,
        "row %llu holds %lld %s since 1970, which nanoseconds cannot hold (they reach from 1677 to 2262)",
        (unsigned long long)(step->piece->row + row), (long long)value, step->target->unit);
}

// Null slots hold anything, so that only what is present may complain.
static int scale_times(const struct step *step, struct err *err) {
    if (step->target->scale == 1 && step->from == step->to)
        return 0;
    for (uint64_t row = 0; row < step->piece->rows; row++) {
        int64_t value = load_time(step, row), scaled;
        if (__builtin_mul_overflow(value, step->target->scale, &scaled)) {
            if (!step->present || bits_present(step->present, row))
                return too_far(step, row, value, err);
            scaled = 0;
        }
        memcpy(step->to + row * sizeof scaled, &scaled, sizeof scaled);
    }
    return 0;
}

static void store_missing(const struct step *step, const void *missing, uint32_t width) {
    // Constant widths become single stores.
    if (width == 8)
        BITS_EACH_MISSING(step->present, step->piece->rows, row)
    memcpy(step->to + row * 8, missing, 8);
    else if (width == 4) BITS_EACH_MISSING(step->present, step->piece->rows, row)
        memcpy(step->to + row * 4, missing, 4);
    else if (width == 1) BITS_EACH_MISSING(step->present, step->piece->rows, row) memcpy(step->to + row, missing, 1);
    else BITS_EACH_MISSING(step->present, step->piece->rows, row) memcpy(step->to + row * width, missing, width);
}

static void store_sentinels(const struct step *step) {
    const int64_t not_a_time = INT64_MIN, zero = 0, minus_one = -1;
    const uint16_t missing_half = 0x7e00;
    const float missing_float = NAN;
    const double missing_double = NAN;
    enum segment_kind kind = step->target->kind;
    bool masked = step->target->rule == SEGMENT_NULLS_MASK;
    const void *missing = masked                          ? (const void *)&zero
                          : kind == SEGMENT_FLOAT16       ? (const void *)&missing_half
                          : kind == SEGMENT_FLOAT32       ? (const void *)&missing_float
                          : kind == SEGMENT_FLOAT64       ? (const void *)&missing_double
                          : segment_kind_is_instant(kind) ? (const void *)&not_a_time
                          : segment_kind_is_codes(kind)   ? (const void *)&minus_one
                                                          : (const void *)&zero;
    if (step->present)
        store_missing(step, missing, segment_kind_width(kind));
}

#define COUNT(type, condition)                                                                                         \
    for (uint64_t row = 0; row < step->piece->rows; row++) {                                                           \
        type value;                                                                                                    \
        memcpy(&value, step->to + row * sizeof value, sizeof value);                                                   \
        found += condition;                                                                                            \
    }

// A NaN that was present is a null for pandas, as is the smallest timestamp: the segment counts what is there.
static uint64_t count_sentinels(const struct step *step) {
    uint64_t found = 0;
    enum segment_kind kind = step->target->kind;
    if (step->target->rule == SEGMENT_NULLS_MASK || segment_kind_nulls(kind) != SEGMENT_NULLS_SENTINEL)
        return step->piece->nulls;
    if (kind == SEGMENT_FLOAT16)
        COUNT(uint16_t, segment_half_is_nan(value))
    else if (kind == SEGMENT_FLOAT32)
        COUNT(float, value != value)
    else if (kind == SEGMENT_FLOAT64)
        COUNT(double, value != value)
    else if (segment_kind_is_instant(kind))
        COUNT(int64_t, value == INT64_MIN)
    else if (kind == SEGMENT_CODES8)
        COUNT(int8_t, value == -1)
    else if (kind == SEGMENT_CODES16)
        COUNT(int16_t, value == -1)
    else if (kind == SEGMENT_CODES32)
        COUNT(int32_t, value == -1)
    return found;
}

enum { CHUNK = 512 };

#define LOAD_EACH(type)                                                                                                \
    for (uint64_t i = 0; i < count; i++) {                                                                             \
        type value;                                                                                                    \
        memcpy(&value, step->from + (row + i) * sizeof value, sizeof value);                                           \
        indices[i] = (uint64_t)value;                                                                                  \
    }

// A negative index becomes a huge one.
static void load_indices(const struct step *step, uint64_t row, uint64_t count, uint64_t *indices) {
    const struct arrow_type *type = step->source->type;
    switch (type->width + (type->is_signed ? 0 : 16)) {
    case 1:
        LOAD_EACH(int8_t) break;
    case 2:
        LOAD_EACH(int16_t) break;
    case 4:
        LOAD_EACH(int32_t) break;
    case 8:
        LOAD_EACH(int64_t) break;
    case 17:
        LOAD_EACH(uint8_t) break;
    case 18:
        LOAD_EACH(uint16_t) break;
    case 20:
        LOAD_EACH(uint32_t) break;
    default:
        LOAD_EACH(uint64_t) break;
    }
}

#define STORE_EACH(type)                                                                                               \
    for (uint64_t i = 0; i < count; i++) {                                                                             \
        type code = (type)codes[i];                                                                                    \
        memcpy(step->to + (row + i) * sizeof code, &code, sizeof code);                                                \
    }

static void store_codes(const struct step *step, uint64_t row, uint64_t count, const int32_t *codes) {
    if (step->target->kind == SEGMENT_CODES8)
        STORE_EACH(int8_t)
    else if (step->target->kind == SEGMENT_CODES16)
        STORE_EACH(int16_t)
    else
        STORE_EACH(int32_t)
}

static int bad_index(const struct step *step, uint64_t row, uint64_t index, struct err *err) {
    return arrow_refuse(step->source->column, err, "row %llu points to value %lld of its dictionary, which has %llu",
                        (unsigned long long)(step->piece->row + row), (long long)index,
                        (unsigned long long)step->target->map_count);
}

// In chunks, because source and target may be the same place, and to keep the 8 × 3 widths out of the loop.
static int map_codes(const struct step *step, struct err *err) {
    uint64_t indices[CHUNK], rows = step->piece->rows;
    int32_t codes[CHUNK];
    for (uint64_t row = 0; row < rows; row += CHUNK) {
        uint64_t count = rows - row < CHUNK ? rows - row : CHUNK;
        load_indices(step, row, count, indices);
        for (uint64_t i = 0; i < count; i++) {
            bool inside = indices[i] < step->target->map_count;
            if (!inside && (!step->present || bits_present(step->present, row + i)))
                return bad_index(step, row + i, indices[i], err);
            codes[i] = inside ? step->target->map[indices[i]] : -1;
        }
        store_codes(step, row, count, codes);
    }
    return 0;
}

// A multiple of a day's last unit is below it as long as the value is: the comparison stands before the product.
static int scale_day_times(const struct step *step, struct err *err) {
    int64_t scale = step->target->scale, end = SEGMENT_DAY_NS / scale;
    for (uint64_t row = 0; row < step->piece->rows; row++) {
        int64_t value = load_time(step, row);
        if (value < 0 || value >= end) {
            if (!step->present || bits_present(step->present, row))
                return arrow_refuse(step->source->column, err, "row %llu holds %lld %s, a day has 0 to %lld",
                                    (unsigned long long)(step->piece->row + row), (long long)value, step->target->unit,
                                    (long long)end - 1);
            value = 0;
        }
        value *= scale;
        memcpy(step->to + row * sizeof value, &value, sizeof value);
    }
    return 0;
}

static int convert(const struct step *step, struct err *err) {
    const struct arrow_type *type = step->source->type;
    if (type->form == ARROW_BOOL) {
        bits_spread(step->to, step->from, step->present, step->piece->rows);
        step->piece->sentinels = step->piece->nulls;
        return 0;
    }
    if (segment_kind_is_codes(step->target->kind))
        TRY(map_codes(step, err));
    else if (type->form == ARROW_TIMESTAMP || type->form == ARROW_DATE || type->form == ARROW_DURATION)
        TRY(scale_times(step, err));
    else if (type->form == ARROW_TIME)
        TRY(scale_day_times(step, err));
    else if (type->form == ARROW_DECIMAL)
        round_decimals(step);
    else if (type->form == ARROW_INT && step->target->kind == SEGMENT_FLOAT64) {
        // Before the values: source and target may be the same place.
        step->piece->inexact = count_inexact(step);
        widen(step);
    } else if (step->from != step->to && step->piece->rows > 0)
        memcpy(step->to, step->from, step->piece->rows * type->width);
    store_sentinels(step);
    step->piece->sentinels = count_sentinels(step);
    return 0;
}

int arrow_decode_fixed(struct arrow_worker *worker, const struct arrow_source *source, struct arrow_piece *piece,
                       const struct arrow_target *target, uint64_t ceiling, struct err *err) {
    struct arrow_buffer buffer;
    uint32_t from_width = source->type->width, to_width = segment_kind_width(target->kind);
    uint64_t needed = from_width ? piece->rows * from_width : (piece->rows + 7) / 8;
    struct step step = {source, target, piece, NULL, target->values + piece->row * to_width, NULL};
    TRY(arrow_decode_validity(worker, source, piece, ceiling, &step.present, err));
    TRY(arrow_buffer_open(piece->batch, piece->buffer + 1, "values", ceiling, source->column, &buffer, err));
    if (piece->rows == 0)
        return 0;
    arrow_decode_touch(step.to, piece->rows * to_width);
    if (from_width == to_width) {
        TRY(arrow_buffer_into(worker, &buffer, step.to, needed, source->column, err));
        step.from = step.to;
    } else {
        TRY(arrow_buffer_read(worker, &buffer, ARROW_SLOT_VALUES, needed, source->column, &step.from, err));
    }
    arrow_decode_nulls(piece, target, step.present);
    return convert(&step, err);
}

int arrow_decode_flags(struct arrow_worker *worker, const struct arrow_source *source, struct arrow_piece *piece,
                       const struct arrow_target *target, uint64_t ceiling, struct err *err) {
    struct arrow_buffer buffer;
    const uint8_t *present, *bits;
    uint8_t *room;
    uint64_t needed = (piece->rows + 7) / 8;
    TRY(arrow_decode_validity(worker, source, piece, ceiling, &present, err));
    TRY(arrow_buffer_open(piece->batch, piece->buffer + 1, "values", ceiling, source->column, &buffer, err));
    if (piece->rows == 0)
        return 0;
    TRY(arrow_buffer_read(worker, &buffer, ARROW_SLOT_VALUES, needed, source->column, &bits, err));
    arrow_decode_nulls(piece, target, present);
    piece->sentinels = piece->nulls;
    if (present) {
        TRY(arrow_worker_slot(worker, ARROW_SLOT_DATA, needed, &room, err));
        bits_both(room, bits, present, needed);
        bits = room;
    }
    bits_put(target->values, piece->row, bits, piece->rows);
    return 0;
}
