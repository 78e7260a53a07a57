// SPDX-License-Identifier: Apache-2.0
#include "arrow_plan.h"

static int read_node(const struct arrow_batch *batch, struct arrow_cursor *cursor, const struct arrow_column *column,
                     struct arrow_piece *piece, struct err *err) {
    if (cursor->node >= batch->node_count)
        return arrow_refuse(column, err, "a batch has only %u columns", batch->node_count);
    const uint8_t *node = batch->nodes + (uint64_t)cursor->node++ * 16;
    int64_t length = flat_load_i64(node), nulls = flat_load_i64(node + 8);
    if (length < 0 || (uint64_t)length != batch->rows)
        return arrow_refuse(column, err, "%lld values in a batch of %llu rows", (long long)length,
                            (unsigned long long)batch->rows);
    if (nulls < 0 || nulls > length)
        return arrow_refuse(column, err, "%lld nulls among %lld values", (long long)nulls, (long long)length);
    piece->rows = batch->rows;
    piece->nulls = (uint64_t)nulls;
    return 0;
}

static int count_buffers(const struct arrow_batch *batch, struct arrow_cursor *cursor,
                         const struct arrow_source *source, struct arrow_piece *piece, struct err *err) {
    uint32_t left = batch->buffer_count - cursor->buffer;
    uint64_t data = arrow_type_has_offsets(source->type) ? 1 : 0;
    piece->buffer = cursor->buffer;
    if (source->type->form == ARROW_NULL)
        return 0;
    if (source->type->form == ARROW_TEXT_VIEW) {
        if (cursor->variadic >= batch->variadic_count)
            return arrow_refuse(source->column, err, "a batch does not say how many data buffers it has");
        data = (uint64_t)flat_load_i64(batch->variadic + (uint64_t)cursor->variadic++ * 8);
    }
    if (left < 2 || data > left - 2)
        return arrow_refuse(source->column, err, "its buffers are missing: the batch has %u", batch->buffer_count);
    piece->data_buffers = (uint32_t)data;
    cursor->buffer += 2 + piece->data_buffers;
    return 0;
}

static int check_size(const struct arrow_piece *piece, uint32_t index, const char *what, uint64_t needed,
                      const struct arrow_source *source, uint64_t ceiling, uint64_t *ret_bytes, struct err *err) {
    struct arrow_buffer buffer;
    TRY(arrow_buffer_open(piece->batch, piece->buffer + index, what, ceiling, source->column, &buffer, err));
    if (buffer.decoded < needed)
        return arrow_refuse(source->column, err, "its %s have %llu bytes, its rows need %llu", what,
                            (unsigned long long)buffer.decoded, (unsigned long long)needed);
    *ret_bytes = buffer.decoded;
    return 0;
}

static int add_text(struct arrow_source *source, uint64_t bytes, uint64_t ceiling, struct err *err) {
    if (bytes > ceiling - source->data_bytes)
        return err_set(err, REASON_LIMIT_OUTPUT, "a column has more than %llu bytes of text",
                       (unsigned long long)ceiling);
    source->data_bytes += bytes;
    return 0;
}

static int check_fixed_bytes(const struct arrow_piece *piece, struct arrow_source *source, uint64_t ceiling,
                             struct err *err) {
    uint64_t bytes, needed;
    if (__builtin_mul_overflow(piece->rows, source->type->width, &needed))
        needed = UINT64_MAX;
    TRY(check_size(piece, 1, "values", needed, source, ceiling, &bytes, err));
    return add_text(source, needed, ceiling, err);
}

static int check_sizes(const struct arrow_piece *piece, struct arrow_source *source, uint64_t ceiling,
                       struct err *err) {
    const struct arrow_type *type = source->type;
    uint64_t bytes, bits = (piece->rows + 7) / 8;
    if (piece->rows == 0 || type->form == ARROW_NULL)
        return 0;
    if (piece->nulls > 0)
        TRY(check_size(piece, 0, "validity", bits, source, ceiling, &bytes, err));
    if (type->form == ARROW_TEXT_VIEW)
        return check_size(piece, 1, "views", piece->rows * 16, source, ceiling, &bytes, err);
    if (type->form == ARROW_FIXED_BYTES)
        return check_fixed_bytes(piece, source, ceiling, err);
    if (!arrow_type_has_offsets(type))
        return check_size(piece, 1, "values", type->width ? piece->rows * type->width : bits, source, ceiling, &bytes,
                          err);
    uint64_t width = type->form == ARROW_LARGE_TEXT ? 8 : 4;
    TRY(check_size(piece, 1, "offsets", (piece->rows + 1) * width, source, ceiling, &bytes, err));
    TRY(check_size(piece, 2, "data", 0, source, ceiling, &bytes, err));
    return add_text(source, bytes, ceiling, err);
}

int arrow_plan_piece(struct arrow_batch *batch, struct arrow_cursor *cursor, struct arrow_source *source,
                     struct arrow_piece *ret, uint64_t ceiling, struct err *err) {
    struct arrow_piece piece = {.batch = batch, .row = source->rows};
    TRY(read_node(batch, cursor, source->column, &piece, err));
    TRY(count_buffers(batch, cursor, source, &piece, err));
    TRY(check_sizes(&piece, source, ceiling, err));
    source->rows += piece.rows;
    source->nulls += piece.nulls;
    *ret = piece;
    return 0;
}

static int too_few(const struct arrow_batch *batch, struct err *err) {
    return err_set(err, REASON_BAD_INPUT, "a batch of %u columns with %u buffers has fewer than its schema",
                   batch->node_count, batch->buffer_count);
}

int arrow_plan_skip(const struct arrow_batch *batch, struct arrow_cursor *cursor, const struct arrow_extent *extent,
                    struct err *err) {
    uint64_t buffers = extent->buffers + (uint64_t)extent->bare * batch->has_every_validity;
    if (extent->nodes > batch->node_count - cursor->node ||
        extent->variadics > batch->variadic_count - cursor->variadic)
        return too_few(batch, err);
    for (uint32_t i = 0; i < extent->variadics; i++) {
        uint64_t more = (uint64_t)flat_load_i64(batch->variadic + (uint64_t)(cursor->variadic + i) * 8);
        buffers += more > batch->buffer_count ? batch->buffer_count : more;
    }
    if (buffers > batch->buffer_count - cursor->buffer)
        return too_few(batch, err);
    cursor->node += extent->nodes;
    cursor->variadic += extent->variadics;
    cursor->buffer += (uint32_t)buffers;
    return 0;
}

int arrow_plan_end(const struct arrow_batch *batch, const struct arrow_cursor *cursor, struct err *err) {
    if (cursor->node != batch->node_count || cursor->buffer != batch->buffer_count)
        return err_set(err, REASON_BAD_INPUT, "a batch has %u columns with %u buffers, the schema describes %u with %u",
                       batch->node_count, batch->buffer_count, cursor->node, cursor->buffer);
    return 0;
}

int arrow_plan_unmeasured(struct arrow_source *source, uint64_t ceiling, struct err *err) {
    const struct arrow_target nowhere = {.kind = SEGMENT_UTF8};
    struct arrow_worker worker = {0};
    int result = 0;
    for (uint64_t i = 0; i < source->piece_count && result == 0; i++) {
        result = arrow_text_measure(&worker, source, &source->pieces[i], &nowhere, ceiling - source->data_bytes, err);
        if (result == 0)
            source->data_bytes += source->pieces[i].text_bytes;
    }
    arrow_worker_done(&worker);
    return result;
}

static enum segment_kind int_kind(const struct arrow_type *type) {
    switch (type->width) {
    case 1:
        return type->is_signed ? SEGMENT_INT8 : SEGMENT_UINT8;
    case 2:
        return type->is_signed ? SEGMENT_INT16 : SEGMENT_UINT16;
    case 4:
        return type->is_signed ? SEGMENT_INT32 : SEGMENT_UINT32;
    default:
        return type->is_signed ? SEGMENT_INT64 : SEGMENT_UINT64;
    }
}

static const int64_t to_ns[] = {1000000000, 1000000, 1000, 1};
static const char *const unit_words[] = {"seconds", "milliseconds", "microseconds", "nanoseconds"};

static struct arrow_values time_values(const struct arrow_type *type, enum segment_profile profile) {
    bool days = type->form == ARROW_DATE && type->width == 4, ns = profile == SEGMENT_PROFILE_NS;
    return (struct arrow_values){
        .kind = type->form == ARROW_DURATION ? SEGMENT_DURATION : SEGMENT_TIMESTAMP,
        .unit = ns ? SEGMENT_UNIT_NS : type->unit,
        .scale = (days ? 86400 : 1) * (ns ? to_ns[type->unit] : 1),
        .words = days ? "days" : unit_words[type->unit],
    };
}

struct arrow_values arrow_plan_values(const struct arrow_type *type, enum segment_profile profile, bool nulls) {
    struct arrow_values values = {.kind = type->is_binary ? SEGMENT_BINARY : SEGMENT_UTF8, .scale = 1};
    switch (type->form) {
    case ARROW_NULL:
        values.kind = SEGMENT_NULL;
        break;
    case ARROW_INT:
        values.kind = nulls ? SEGMENT_FLOAT64 : int_kind(type);
        break;
    case ARROW_DECIMAL:
        values.kind = SEGMENT_FLOAT64;
        break;
    case ARROW_FLOAT:
        values.kind = type->width == 2 ? SEGMENT_FLOAT16 : type->width == 4 ? SEGMENT_FLOAT32 : SEGMENT_FLOAT64;
        break;
    case ARROW_BOOL:
        values.kind = nulls ? SEGMENT_FLAGS : SEGMENT_BOOL;
        break;
    case ARROW_TIME:
        return (struct arrow_values){.kind = SEGMENT_TIME, .scale = to_ns[type->unit], .words = unit_words[type->unit]};
    case ARROW_TIMESTAMP:
    case ARROW_DURATION:
    case ARROW_DATE:
        return time_values(type, profile);
    case ARROW_TEXT:
    case ARROW_LARGE_TEXT:
    case ARROW_TEXT_VIEW:
    case ARROW_FIXED_BYTES:
    case ARROW_DECIMAL_TEXT:
        break;
    }
    return values;
}

int arrow_plan_texts(struct arrow_source *source, uint64_t capacity, uint64_t *ret_bytes, struct err *err) {
    uint64_t at = 0;
    for (uint64_t i = 0; i < source->piece_count; i++) {
        struct arrow_piece *piece = &source->pieces[i];
        if (piece->text_bytes > capacity - at)
            return arrow_refuse(source->column, err, "its texts are longer than its data");
        piece->text_at = at;
        at += piece->text_bytes;
        piece->text_slack = capacity - at;
        if (i > 0)
            source->pieces[i - 1].text_slack = piece->text_bytes;
    }
    *ret_bytes = at;
    return 0;
}
