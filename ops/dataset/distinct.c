// SPDX-License-Identifier: Apache-2.0
#include "distinct.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

struct piece {
    const uint8_t *bytes;
    size_t count;
    uint64_t word; // fixed width: the value itself, zero-extended
};

// The kernel gives every program 16 random bytes at exec: no system call, which a jail might refuse.
static void take_seed(uint64_t seed[2]) {
    const void *random = (const void *)(uintptr_t)getauxval(AT_RANDOM);
    if (random)
        memcpy(seed, random, 16);
    seed[0] |= 1;
}

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
    take_seed(set->seed);
    return 0;
}

void distinct_done(struct distinct *set) {
    free(set->slots);
    set->slots = NULL;
}

static uint64_t mix(uint64_t a, uint64_t b) {
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_bytes(const struct distinct *set, const uint8_t *bytes, size_t count) {
    uint64_t hash = set->seed[1] ^ count;
    for (; count >= 8; bytes += 8, count -= 8) {
        uint64_t word;
        memcpy(&word, bytes, sizeof word);
        hash = mix(hash ^ word, set->seed[0]);
    }
    uint64_t last = 0;
    if (count > 0)
        memcpy(&last, bytes, count);
    return mix(mix(hash ^ last, set->seed[0]), 0x9e3779b97f4a7c15u);
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
        return hash_bytes(set, piece->bytes, piece->count);
    return hash_bytes(set, (const uint8_t *)&piece->word, sizeof piece->word);
}

static bool same(const struct piece *a, const struct piece *b) {
    if (!a->bytes)
        return a->word == b->word;
    return a->count == b->count && (a->count == 0 || memcmp(a->bytes, b->bytes, a->count) == 0);
}

uint32_t distinct_add(struct distinct *set, uint32_t index) {
    struct piece piece = piece_at(&set->values, index);
    for (uint64_t at = hash_piece(set, &piece) & set->mask;; at = (at + 1) & set->mask) {
        uint32_t found = set->slots[at];
        if (found == 0) {
            set->slots[at] = index + 1;
            return index;
        }
        struct piece other = piece_at(&set->values, found - 1);
        if (same(&piece, &other))
            return found - 1;
    }
}
