/* SPDX-License-Identifier: Apache-2.0 */
/* The step table (schemas/steps.def) as an enum with names and deadlines. */
#ifndef QUERN_STEPS_H
#define QUERN_STEPS_H

#include <stdint.h>

#define STEP_GRACE_MS 10000u /* what `run` may take beyond the job's time limit before its worker is killed */

enum step {
#define STEP(NAME, word, deadline_ms, what) STEP_##NAME,
#include "../../schemas/steps.def"
#undef STEP
    STEP_COUNT
};

const char *step_name(enum step step);
uint64_t step_deadline_ms(enum step step); /* 0: the job's time limit plus STEP_GRACE_MS */

#endif
