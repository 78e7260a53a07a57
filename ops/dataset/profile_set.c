// SPDX-License-Identifier: Apache-2.0
#include "profile_set.h"

#include <stdlib.h>
#include <string.h>

#include "keyed_hash.h"

int profile_set_init(struct profile_set *set, uint64_t rows, const char *bytes, const int64_t *offsets,
                     struct err *err) {
    uint64_t values = rows < PROFILE_DISTINCT ? rows : PROFILE_DISTINCT, slots = 16;
    *set = (struct profile_set){.bytes = bytes, .offsets = offsets};
    while (slots < values * 2)
        slots *= 2;
    set->slots = calloc(slots, sizeof *set->slots);
    if (!set->slots)
        return err_set(err, REASON_INFRA, "out of memory for the different values of a column");
    set->mask = slots - 1;
    keyed_hash_seed(set->seed);
    return 0;
}

void profile_set_done(struct profile_set *set) {
    free(set->slots);
    set->slots = NULL;
}

static bool same_text(const struct profile_set *set, uint64_t a, uint64_t b) {
    const int64_t *offsets = set->offsets;
    int64_t bytes = offsets[a + 1] - offsets[a];
    return bytes == offsets[b + 1] - offsets[b] &&
           (bytes == 0 || memcmp(set->bytes + offsets[a], set->bytes + offsets[b], (size_t)bytes) == 0);
}

static bool add(struct profile_set *set, uint64_t hash, uint64_t word, uint64_t row) {
    for (uint64_t at = hash & set->mask;; at = (at + 1) & set->mask) {
        struct profile_slot *slot = &set->slots[at];
        if (slot->row == 0) {
            set->more = set->count == PROFILE_DISTINCT;
            if (set->more)
                return false;
            *slot = (struct profile_slot){word, row + 1};
            set->count++;
            return true;
        }
        if (slot->word == word && (!set->offsets || same_text(set, slot->row - 1, row)))
            return true;
    }
}

bool profile_set_add(struct profile_set *set, uint64_t word, uint64_t row) {
    return add(set, keyed_hash_word(set->seed, word), word, row);
}

bool profile_set_add_text(struct profile_set *set, uint64_t row) {
    const int64_t *offsets = set->offsets;
    uint64_t hash = keyed_hash_bytes(set->seed, (const uint8_t *)set->bytes + offsets[row],
                                     (size_t)(offsets[row + 1] - offsets[row]));
    return add(set, hash, hash, row);
}

void profile_set_join(struct profile_set *set, const struct profile_set *other) {
    set->more |= other->more;
    for (uint64_t i = 0; i <= other->mask && !set->more; i++) {
        const struct profile_slot *slot = &other->slots[i];
        uint64_t hash = set->offsets ? slot->word : keyed_hash_word(set->seed, slot->word);
        if (slot->row > 0)
            add(set, hash, slot->word, slot->row - 1);
    }
}
