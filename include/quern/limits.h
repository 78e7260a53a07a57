/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The limits of a job: schemas/limits.def made code. A job says what it asks for; of what it does not say, its environment
 * has a default, else its host, else the table. No job has more than its environment and its host allow. The record has
 * what counted, and whose word that was.
 *
 * Calling sequence: fields of the job document, 0 where it says nothing → limits_settle() by the layers, which
 * limits_take() has read from the sections [defaults] and [limits] of their files, and limits_agree() has looked at. Plain
 * data, owns nothing.
 */
#ifndef QUERN_LIMITS_H
#define QUERN_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quern/jail.h"

struct job_limits {
    struct jail_limits jail;
    uint64_t time_ms;      /* wall time of the run step; 0 of a settled job: it is debugged, without a bound */
    uint64_t result_bytes; /* all result segments together */
    uint64_t output_bytes; /* stdout and stderr, each */
    uint32_t pictures, files;
    uint64_t files_bytes; /* of ./outputs and ./logs, all together */
    uint64_t picture_pixels;
    uint64_t bundle_bytes; /* unpacked */
    uint32_t bundle_entries, bundle_ratio;
};

/* What a host or an environment says; 0: nothing. */
struct limits_layer {
    struct job_limits defaults; /* of what a job does not say */
    struct job_limits most;     /* that a job may have */
};

struct limits_layers {
    struct limits_layer environment, host;
};

/* ---- the table ---- */

/* A row for each limit: LIMIT_time_ms, ... */
enum limit_row {
#define LIMIT(member, ...) LIMIT_##member,
#define JAIL_LIMIT(member, ...) LIMIT_##member,
#include "../../schemas/limits.def"
    LIMITS_COUNT
};

enum limit_unit { LIMIT_UNIT_SIZE, LIMIT_UNIT_COUNT, LIMIT_UNIT_DURATION, LIMIT_UNIT_SECONDS };

struct limit {
    const char *name, *key, *flag; /* see there */
    enum limit_unit unit;
    uint64_t least, most, usual;
    size_t offset, bytes; /* in struct job_limits */
};

extern const struct limit limits_table[LIMITS_COUNT];

uint64_t limits_get(const struct job_limits *limits, enum limit_row row);
void limits_set(struct job_limits *limits, enum limit_row row, uint64_t value);

/* As a flag and a file take it: "2G", "90s", "256". Returns `text`. */
#define LIMITS_TEXT_BYTES 32
const char *limits_show(enum limit_row row, uint64_t value, char text[LIMITS_TEXT_BYTES]);
/* As a sentence has it: "2 GiB", "1536 KiB", "10 bytes"; never rounded. Returns `text`. */
const char *limits_show_bytes(uint64_t bytes, char text[LIMITS_TEXT_BYTES]);

/* ---- what counts ---- */

/* Whose word a limit is, the weakest first. */
enum limit_origin { LIMIT_USUAL, LIMIT_OF_HOST, LIMIT_OF_ENVIRONMENT, LIMIT_ASKED };

const char *limit_origin_word(enum limit_origin origin); /* "usual", "host", "environment", "asked" */

unsigned limits_cores(void); /* of this machine */

/* Makes what a job asked for what it has: afterwards none is 0. Who says how long a job may run, and nothing of its CPU time,
 * means to let it: with `cores` of them its CPU limit never ends what the clock would still allow. */
void limits_settle(struct job_limits *limits, const struct limits_layers *layers, unsigned cores,
                   uint8_t ret_origins[LIMITS_COUNT]);

/* ---- files ---- */

#define LIMITS_WHY_BYTES 512

bool limits_is_section(const char *section);

/* Takes `key = value` of one of the sections. False: `why` tells what was expected. */
MUST_USE bool limits_take(const char *section, const char *key, const char *value, struct limits_layer *layer,
                          char why[LIMITS_WHY_BYTES]);

/* False for a default that no job may have: `why` names both. */
MUST_USE bool limits_agree(const struct limits_layer *layer, char why[LIMITS_WHY_BYTES]);

#endif
