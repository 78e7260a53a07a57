// SPDX-License-Identifier: Apache-2.0
// A look at the first rows of a column of texts: do they repeat themselves? Whatever is wrong with them says no here, and
// is told when they are decoded.
#include <stdlib.h>
#include <string.h>

#include "arrow_factor.h"
#include "bits.h"
#include "quern/own.h"

enum { VIEW_BYTES = 16, INLINE_BYTES = 12, SLOTS = 4 * ARROW_FACTOR_TRIAL };

#define MOST_DATA ((uint64_t)4 << 20) // texts so long are few, or not worth it

struct trial {
    uint64_t *hashes; // owned; 0: free
    uint32_t distinct;
    uint64_t bytes;         // of the distinct texts
    const uint8_t *present; // what stands below a missing one is nobody's text
};

// No table against collisions is needed: a wrong answer costs time, not truth.
static uint64_t hash_text(const uint8_t *text, uint64_t bytes) {
    uint64_t hash = bytes + 1;
    for (uint64_t i = 0; i < bytes; i++)
        hash = (hash ^ text[i]) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 29;
}

static void look(struct trial *trial, uint64_t hash, uint64_t bytes) {
    hash |= 1;
    uint64_t at = hash * UINT64_C(0x9e3779b97f4a7c15) >> 40;
    for (at %= SLOTS; trial->hashes[at]; at = (at + 1) % SLOTS)
        if (trial->hashes[at] == hash)
            return;
    trial->hashes[at] = hash;
    trial->distinct++;
    trial->bytes += bytes;
}

static int64_t offset_at(const uint8_t *offsets, uint32_t width, uint64_t row) {
    return width == 8 ? flat_load_i64(offsets + row * 8) : (int32_t)flat_load_u32(offsets + row * 4);
}

static bool look_at_texts(struct arrow_worker *worker, const struct arrow_source *source,
                          const struct arrow_piece *piece, uint64_t rows, uint64_t ceiling, struct trial *trial) {
    struct arrow_buffer buffer;
    const uint8_t *offsets, *data;
    uint32_t width = source->type->form == ARROW_LARGE_TEXT ? 8 : 4;
    if (arrow_buffer_open(piece->batch, piece->buffer + 1, "offsets", ceiling, source->column, &buffer, NULL) < 0 ||
        arrow_buffer_prefix(worker, &buffer, ARROW_SLOT_VALUES, (rows + 1) * width, source->column, &offsets, NULL) < 0)
        return false;
    int64_t end = offset_at(offsets, width, rows);
    if (end < 0 || (uint64_t)end > MOST_DATA ||
        arrow_buffer_open(piece->batch, piece->buffer + 2, "data", ceiling, source->column, &buffer, NULL) < 0 ||
        arrow_buffer_prefix(worker, &buffer, ARROW_SLOT_DATA, (uint64_t)end, source->column, &data, NULL) < 0)
        return false;
    for (uint64_t row = 0; row < rows; row++) {
        int64_t from = offset_at(offsets, width, row), to = offset_at(offsets, width, row + 1);
        if (from < 0 || to < from || to > end)
            return false;
        if (!trial->present || bits_present(trial->present, row))
            look(trial, hash_text(data + from, (uint64_t)(to - from)), (uint64_t)(to - from));
    }
    return true;
}

// Of long texts only length and first bytes are here: what looks the same may differ, and is found out later.
static bool look_at_views(struct arrow_worker *worker, const struct arrow_source *source,
                          const struct arrow_piece *piece, uint64_t rows, uint64_t ceiling, struct trial *trial) {
    struct arrow_buffer buffer;
    const uint8_t *views;
    if (arrow_buffer_open(piece->batch, piece->buffer + 1, "views", ceiling, source->column, &buffer, NULL) < 0 ||
        arrow_buffer_prefix(worker, &buffer, ARROW_SLOT_VALUES, rows * VIEW_BYTES, source->column, &views, NULL) < 0)
        return false;
    for (uint64_t row = 0; row < rows; row++) {
        const uint8_t *view = views + row * VIEW_BYTES;
        uint32_t bytes = flat_load_u32(view);
        if (!trial->present || bits_present(trial->present, row))
            look(trial, hash_text(view, bytes <= INLINE_BYTES ? 4 + bytes : 8), bytes);
    }
    return true;
}

bool arrow_trial(struct arrow_worker *worker, const struct arrow_source *source, uint64_t ceiling) {
    bool views = source->type->form == ARROW_TEXT_VIEW;
    if (!arrow_type_has_offsets(source->type) || source->type->is_binary || source->rows < ARROW_FACTOR_LEAST_ROWS)
        return false;
    const struct arrow_piece *piece = source->pieces;
    while (piece->rows == 0)
        piece++;
    uint64_t rows = piece->rows < ARROW_FACTOR_TRIAL ? piece->rows : ARROW_FACTOR_TRIAL;
    auto_free uint64_t *hashes = calloc(SLOTS, sizeof *hashes);
    struct trial trial = {.hashes = hashes};
    if (!hashes || arrow_decode_validity(worker, source, piece, ceiling, &trial.present, NULL) < 0 ||
        !(views ? look_at_views : look_at_texts)(worker, source, piece, rows, ceiling, &trial))
        return false;
    // A short first piece says little: what it has is allowed to all.
    uint64_t most = rows < ARROW_FACTOR_LEAST_ROWS ? rows : rows / 4;
    return trial.distinct <= most && trial.distinct <= ARROW_FACTOR_MOST && trial.bytes <= ARROW_FACTOR_MOST_BYTES;
}
