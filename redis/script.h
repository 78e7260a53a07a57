/* SPDX-License-Identifier: Apache-2.0 */
/* Lua scripts as Redis gets them: embedded at build time by redis/embed.py, one file per script, called by EVALSHA. */
#ifndef QUERN_REDIS_SCRIPT_H
#define QUERN_REDIS_SCRIPT_H

#include <stddef.h>

#include "redis/args.h"

struct script {
    const char *name;
    const char *sha; /* 40 hex digits: the name by which EVALSHA knows it */
    const unsigned char *code;
    size_t bytes;
};

/* The head of a call: EVALSHA, the script, the one key from which it derives all others. */
void script_begin(const struct script *script, const char *key, struct args *args);

#endif
