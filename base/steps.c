// SPDX-License-Identifier: Apache-2.0
#include "quern/steps.h"

static const struct {
    const char *name;
    uint64_t deadline_ms;
} steps[STEP_COUNT] = {
#define STEP(NAME, word, deadline_ms, what) [STEP_##NAME] = {word, deadline_ms},
#include "../schemas/steps.def"
#undef STEP
};

const char *step_name(enum step step) { return step < STEP_COUNT ? steps[step].name : "?"; }
uint64_t step_deadline_ms(enum step step) { return step < STEP_COUNT ? steps[step].deadline_ms : 1; }
