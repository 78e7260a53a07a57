/* SPDX-License-Identifier: Apache-2.0 */
/* The transitions as Redis gets them: embedded at build time by queue/embed.py from queue/lua/. */
#ifndef QUERN_QUEUE_SCRIPT_H
#define QUERN_QUEUE_SCRIPT_H

#include <stddef.h>

enum script_id {
#define SCRIPT(NAME, word) SCRIPT_##NAME,
#include "scripts.def"
#undef SCRIPT
    SCRIPT_COUNT
};

struct script {
    const char *name;
    const char *sha; /* 40 hex digits: the name by which EVALSHA knows it */
    const unsigned char *code;
    size_t bytes;
};

extern const struct script scripts[SCRIPT_COUNT];

#endif
