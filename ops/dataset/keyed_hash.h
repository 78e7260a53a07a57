/* SPDX-License-Identifier: Apache-2.0 */
/* A hash with a key that is drawn for each program, so that nobody can prepare collisions. */
#ifndef DATASET_KEYED_HASH_H
#define DATASET_KEYED_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>

/* The kernel gives every program 16 random bytes at exec: no system call, which a jail might refuse. */
static inline void keyed_hash_seed(uint64_t seed[2]) {
    const void *random = (const void *)(uintptr_t)getauxval(AT_RANDOM);
    seed[0] = seed[1] = 0;
    if (random)
        memcpy(seed, random, 16);
    seed[0] |= 1;
}

static inline uint64_t keyed_hash_mix(uint64_t a, uint64_t b) {
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t keyed_hash_bytes(const uint64_t seed[2], const uint8_t *bytes, size_t count) {
    uint64_t hash = seed[1] ^ count;
    for (; count >= 8; bytes += 8, count -= 8) {
        uint64_t word;
        memcpy(&word, bytes, sizeof word);
        hash = keyed_hash_mix(hash ^ word, seed[0]);
    }
    uint64_t last = 0;
    if (count > 0)
        memcpy(&last, bytes, count);
    return keyed_hash_mix(keyed_hash_mix(hash ^ last, seed[0]), 0x9e3779b97f4a7c15u);
}

static inline uint64_t keyed_hash_word(const uint64_t seed[2], uint64_t word) {
    return keyed_hash_mix(keyed_hash_mix(seed[1] ^ word, seed[0]), 0x9e3779b97f4a7c15u);
}

#endif
