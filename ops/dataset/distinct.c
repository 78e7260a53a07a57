// SPDX-License-Identifier: Apache-2.0
#include "distinct.h"

#include <stdlib.h>
#include <string.h>

#include "keyed_hash.h"

struct piece {
    const uint8_t *bytes;
    size_t count;
    uint64_t word; // fixed width: the value itself, zero-extended
};

int distinct_init(struct distinct *set, const struct distinct_values *values, uint64_t count, struct err *err) {
    *set = (struct distinct){.values = *values};
    if (count > DISTINCT_MAX)
        return err_set(err, REASON_LIMIT_OUTPUT, "a dictionary of %llu values is larger than the limit of %llu",
                       (unsigned long long)count, (unsigned long long)DISTINCT_MAX);
    uint64_t slots = 16;
    while (slots < count * 2)
        slots *= 2;
    set->slots = calloc(slots, sizeof *set->slots);
    if (!set->slots)
        return err_set(err, REASON_INFRA, "out of memory for a dictionary of %llu values", (unsigned long long)count);
    set->mask = slots - 1;
    keyed_hash_seed(set->seed);
    return 0;
}

void distinct_done(struct distinct *set) {
    free(set->slots);
    set->slots = NULL;
}

// Minus zero equals zero; a NaN is never among the values.
static uint64_t float_word(uint64_t word, uint32_t width) {
    uint64_t minus_zero = width == 2 ? 0x8000u : width == 4 ? 0x80000000u : 0x8000000000000000u;
    return word == minus_zero ? 0 : word;
}

static struct piece piece_at(const struct distinct_values *values, uint32_t index) {
    struct piece piece = {0};
    uint32_t width = segment_kind_width(values->kind);
    if (width == 0) {
        piece.bytes = (const uint8_t *)values->values + values->offsets[index];
        piece.count = (size_t)(values->offsets[index + 1] - values->offsets[index]);
        return piece;
    }
    memcpy(&piece.word, (const uint8_t *)values->values + (size_t)index * width, width);
    if (values->kind == SEGMENT_FLOAT16 || values->kind == SEGMENT_FLOAT32 || values->kind == SEGMENT_FLOAT64)
        piece.word = float_word(piece.word, width);
    return piece;
}

static uint64_t hash_piece(const struct distinct *set, const struct piece *piece) {
    if (piece->bytes)
        return keyed_hash_bytes(set->seed, piece->bytes, piece->count);
    return keyed_hash_word(set->seed, piece->word);
}

static bool same(const struct piece *a, const struct piece *b) {
    if (!a->bytes)
        return a->word == b->word;
    return a->count == b->count && (a->count == 0 || memcmp(a->bytes, b->bytes, a->count) == 0);
}

// The slot of an equal value, or the free one where `index` belongs.
static uint64_t slot_of(const struct distinct *set, uint32_t index) {
    struct piece piece = piece_at(&set->values, index);
    for (uint64_t at = hash_piece(set, &piece) & set->mask;; at = (at + 1) & set->mask) {
        uint32_t found = set->slots[at];
        if (found == 0)
            return at;
        struct piece other = piece_at(&set->values, found - 1);
        if (same(&piece, &other))
            return at;
    }
}

uint32_t distinct_find(const struct distinct *set, uint32_t index) {
    uint32_t found = set->slots[slot_of(set, index)];
    return found ? found - 1 : index;
}

uint32_t distinct_add(struct distinct *set, uint32_t index) {
    uint32_t *slot = &set->slots[slot_of(set, index)];
    if (*slot == 0)
        *slot = index + 1;
    return *slot - 1;
}
