// SPDX-License-Identifier: Apache-2.0
// Decimals as texts with all their digits. Nobody knows how long they are before they are written.
#include <string.h>

#include "arrow_decimal.h"
#include "arrow_decode.h"
#include "bits.h"

static int read_values(struct arrow_worker *worker, const struct arrow_source *source, const struct arrow_piece *piece,
                       uint64_t ceiling, const uint8_t **ret, struct err *err) {
    struct arrow_buffer buffer;
    TRY(arrow_buffer_open(piece->batch, piece->buffer + 1, "values", ceiling, source->column, &buffer, err));
    return arrow_buffer_read(worker, &buffer, ARROW_SLOT_VALUES, piece->rows * source->type->width, source->column, ret,
                             err);
}

static size_t write_one(const struct arrow_source *source, const uint8_t *values, uint64_t row,
                        char text[ARROW_DECIMAL_TEXT_BYTES]) {
    struct arrow_decimal decimal = arrow_decimal_load(values + row * source->type->width, source->type->width);
    return arrow_decimal_text(&decimal, source->type->scale, text);
}

int arrow_decimal_measure(struct arrow_worker *worker, const struct arrow_source *source, struct arrow_piece *piece,
                          const uint8_t *present, int64_t *ends, uint64_t ceiling, struct err *err) {
    char text[ARROW_DECIMAL_TEXT_BYTES];
    const uint8_t *values;
    uint64_t total = 0;
    TRY(read_values(worker, source, piece, ceiling, &values, err));
    for (uint64_t row = 0; row < piece->rows; row++) {
        if (!present || bits_present(present, row))
            total += write_one(source, values, row, text);
        if (ends)
            ends[row] = (int64_t)total;
    }
    if (total > ceiling)
        return err_set(err, REASON_LIMIT_OUTPUT, "a column has more than %llu bytes of text",
                       (unsigned long long)ceiling);
    piece->text_bytes = total;
    return 0;
}

int arrow_decimal_fill(struct arrow_worker *worker, const struct arrow_source *source, const struct arrow_piece *piece,
                       const uint8_t *present, uint8_t *to, uint64_t ceiling, struct err *err) {
    char text[ARROW_DECIMAL_TEXT_BYTES];
    const uint8_t *values;
    TRY(read_values(worker, source, piece, ceiling, &values, err));
    for (uint64_t row = 0; row < piece->rows; row++) {
        if (present && !bits_present(present, row))
            continue;
        size_t bytes = write_one(source, values, row, text);
        memcpy(to, text, bytes);
        to += bytes;
    }
    return 0;
}
