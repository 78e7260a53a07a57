// SPDX-License-Identifier: Apache-2.0
// Binary of one size: a missing value has its bytes in the file too, and none in the target.
#include <string.h>

#include "arrow_decode.h"
#include "bits.h"

void arrow_bytes_measure(const struct arrow_source *source, struct arrow_piece *piece, const uint8_t *present,
                         int64_t *ends) {
    int64_t total = 0;
    for (uint64_t row = 0; row < piece->rows; row++) {
        if (!present || bits_present(present, row))
            total += source->type->width;
        if (ends)
            ends[row] = total;
    }
    piece->text_bytes = (uint64_t)total;
}

int arrow_bytes_fill(struct arrow_worker *worker, const struct arrow_source *source, const struct arrow_piece *piece,
                     uint8_t *to, uint64_t ceiling, struct err *err) {
    struct arrow_buffer buffer;
    const uint8_t *present, *from;
    size_t width = source->type->width;
    uint64_t needed = piece->rows * width;
    TRY(arrow_decode_validity(worker, source, piece, ceiling, &present, err));
    TRY(arrow_buffer_open(piece->batch, piece->buffer + 1, "values", ceiling, source->column, &buffer, err));
    if (!present)
        return arrow_buffer_into(worker, &buffer, to, needed, source->column, err);
    TRY(arrow_buffer_read(worker, &buffer, ARROW_SLOT_DATA, needed, source->column, &from, err));
    for (uint64_t row = 0; row < piece->rows; row++)
        if (bits_present(present, row)) {
            memcpy(to, from + row * width, width);
            to += width;
        }
    return 0;
}
