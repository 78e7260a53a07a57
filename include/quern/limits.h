/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The limits of a job: schemas/limits.def made code. A job says what it wants, or has the usual; host and environment say
 * the most that a job may have, and what is more is lowered to that before the job runs. The record has what counted.
 *
 * Calling sequence: limits_usual() → fields of the job document → limits_lower() by the host's and the environment's most,
 * in which 0 says nothing. limits_take() reads one line of a section [limits]. Plain data, owns nothing.
 */
#ifndef QUERN_LIMITS_H
#define QUERN_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quern/jail.h"

struct job_limits {
    struct jail_limits jail;
    uint64_t time_ms;      /* wall time of the run step; 0 only with `debug` */
    uint64_t result_bytes; /* all result segments together */
    uint64_t output_bytes; /* stdout and stderr, each */
    uint32_t pictures, files;
    uint64_t files_bytes; /* of ./outputs and ./logs, all together */
};

void limits_usual(struct job_limits *ret);

/* Makes no limit 0 and none larger. */
void limits_lower(struct job_limits *limits, const struct job_limits *most);

/* Makes the lower of two limits of `most`, of each that either has. */
void limits_join(struct job_limits *most, const struct job_limits *other);

/* Takes `key = value` into `most`. False: `why` tells what was expected. */
#define LIMITS_WHY_BYTES 512
MUST_USE bool limits_take(const char *key, const char *value, struct job_limits *most, char why[LIMITS_WHY_BYTES]);

#endif
