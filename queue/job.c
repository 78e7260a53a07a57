// SPDX-License-Identifier: Apache-2.0
#include "quern/job.h"

#include <sys/random.h>
#include <time.h>

// A ULID: 48 bits of milliseconds since 1970 and 80 random bits, in Crockford's base 32. Ids sort by age.
static void id_fresh(char id[JOB_ID_BYTES]) {
    static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    struct timespec now;
    uint8_t dice[10] = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    // Up to 256 bytes getrandom() neither fails nor stops half-way, once the kernel's pool is ready.
    while (getrandom(dice, sizeof dice, 0) != sizeof dice) {
    }
    uint64_t ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    for (int i = 9; i >= 0; i--, ms >>= 5)
        id[i] = alphabet[ms & 31];
    for (unsigned i = 0, bits = 0, held = 0, at = 10; i < sizeof dice; i++) {
        held = held << 8 | dice[i];
        for (bits += 8; bits >= 5; bits -= 5)
            id[at++] = alphabet[held >> (bits - 5) & 31];
    }
    id[26] = '\0';
}

void job_defaults(struct job *job) {
    *job = (struct job){.dialect = HOST_QUERN, .environment = "default", .decimals = JOB_DECIMALS_FLOAT};
    id_fresh(job->id);
    jail_limits_default(&job->limits.jail);
    job->limits.time_ms = 3600000;
    job->limits.result_bytes = 16ull << 30;
    job->limits.output_bytes = 10ull << 20;
    job->limits.pictures = 100;
}

const char *job_state_name(enum job_state state) {
    static const char *const names[JOB_STATE_COUNT] = {
#define STATE(NAME, word) [JOB_##NAME] = (word),
#include "../schemas/words.def"
#undef STATE
    };
    return state < JOB_STATE_COUNT ? names[state] : "?";
}
