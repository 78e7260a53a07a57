// SPDX-License-Identifier: Apache-2.0
#include "quern/job.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "quern/dice.h"

// A ULID: 48 bits of milliseconds since 1970 and 80 random bits, in Crockford's base 32. Ids sort by age.
static void id_fresh(char id[JOB_ID_BYTES]) {
    static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    struct timespec now;
    uint8_t dice[10] = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    dice_throw(dice, sizeof dice);
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
}

/* ---- keys ---- */

static const char *own_key(const struct job *job, const char *port) {
    for (size_t i = 0; i < job->output_count; i++)
        if (strcmp(job->outputs[i].port, port) == 0)
            return job->outputs[i].key;
    return NULL;
}

int job_output_key(const struct job *job, const char *port, char *ret_key, size_t room, struct err *err) {
    const char *own = own_key(job, port), *all = own_key(job, JOB_OUTPUT_ALL);
    if (!own && !all)
        return 0;
    const char *name = strcmp(port, "visualization") == 0 ? "visualization.png" : port;
    bool below = !own && strcmp(port, "dataset1") != 0;
    int bytes = snprintf(ret_key, room, "%s%s%s", own ? own : all, below ? "/" : "", below ? name : "");
    if (bytes < 0 || (size_t)bytes >= room)
        return err_set(err, REASON_BAD_INPUT, "output %s: expected a key of at most %zu bytes, found %d", port,
                       room - 1, bytes);
    return 1;
}

bool job_source_is_file(const struct job_source *source) { return strncmp(source->url, "file:", 5) == 0; }

static bool covers(const char *prefix, const char *key) {
    size_t bytes = strlen(prefix);
    bytes -= bytes > 0 && prefix[bytes - 1] == '/';
    return strncmp(prefix, key, bytes) == 0 && (key[bytes] == '/' || key[bytes] == '\0');
}

static bool any_covers(char **prefixes, size_t count, const char *key) {
    for (size_t i = 0; i < count; i++)
        if (covers(prefixes[i], key))
            return true;
    return false;
}

static bool is_own(const struct job *job, const char *key) {
    char own[JOB_ID_BYTES + 8];
    snprintf(own, sizeof own, "job:%s", job->id);
    return covers(own, key);
}

bool job_may_read(const struct job *job, const char *key) {
    return !job->read || is_own(job, key) || any_covers(job->read, job->read_count, key);
}

// Below job: each job has its own, and nobody else's.
bool job_may_write(const struct job *job, const char *key) {
    if (strncmp(key, "job:", 4) == 0)
        return is_own(job, key);
    if (any_covers(job->write, job->write_count, key))
        return true;
    const char *all = own_key(job, JOB_OUTPUT_ALL);
    for (size_t i = 0; i < job->output_count; i++)
        if (strcmp(job->outputs[i].key, key) == 0)
            return true;
    return all && covers(all, key);
}

const char *job_state_name(enum job_state state) {
    static const char *const names[JOB_STATE_COUNT] = {
#define STATE(NAME, word) [JOB_##NAME] = (word),
#include "../schemas/words.def"
#undef STATE
    };
    return state < JOB_STATE_COUNT ? names[state] : "?";
}
