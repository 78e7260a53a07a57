/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a job wants of one of its inputs, as the codec is told, and the key of the segment that comes of it: jobs that want
 * the same of the same bytes share one.
 */
#ifndef DAEMON_WISH_H
#define DAEMON_WISH_H

#include "attempt.h"

/* `*names` is malloc'ed, NULL for all columns, and borrowed by the wish. */
MUST_USE int wish_make(const struct attempt *attempt, const struct job_input *wanted, char **names,
                       struct codec_wish *ret, struct err *err);

MUST_USE int wish_key(const struct attempt *attempt, const struct job_input *wanted, const char *version,
                      struct supervisor_key *ret, struct err *err);

/* Of a job's result once it is stored: what wish_key() makes for a job that wants all of it, as most do. */
void wish_key_of_result(const char *version, uint32_t profile, struct supervisor_key *ret);

#endif
