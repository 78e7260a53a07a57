/* SPDX-License-Identifier: Apache-2.0 */
/* The transitions, queue/lua/NAME.lua each. */
#ifndef QUERN_QUEUE_TRANSITIONS_H
#define QUERN_QUEUE_TRANSITIONS_H

#include "redis/script.h"

enum script_id {
#define SCRIPT(NAME, word) SCRIPT_##NAME,
#include "scripts.def"
#undef SCRIPT
    SCRIPT_COUNT
};

extern const struct script queue_scripts[SCRIPT_COUNT];

#endif
