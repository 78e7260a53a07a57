/* SPDX-License-Identifier: Apache-2.0 */
/* What happens to a store on Redis: ops/storage/lua/NAME.lua each. */
#ifndef QUERN_STORAGE_REDIS_SCRIPTS_H
#define QUERN_STORAGE_REDIS_SCRIPTS_H

#include "redis/script.h"

enum storage_script_id {
#define SCRIPT(NAME, word) SCRIPT_##NAME,
#include "scripts.def"
#undef SCRIPT
    SCRIPT_COUNT
};

extern const struct script storage_scripts[SCRIPT_COUNT];

#endif
