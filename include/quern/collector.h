/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conversation supervisor ↔ collector. quern-collector lives for one collection of the store: it asks whether it is its
 * turn, collects what no name and no job wants, says what came of it in one struct collector_report, and ends. It may be
 * killed at any moment; nothing waits for it.
 */
#ifndef QUERN_COLLECTOR_H
#define QUERN_COLLECTOR_H

#include <stdint.h>

#include "quern/err.h"

/* Descriptors of quern-collector at exec; SETTINGS is a struct settings. */
enum { COLLECTOR_FD_SUPERVISOR = 3, COLLECTOR_FD_SETTINGS = 4 };

struct collector_report {
    uint32_t had_turn; /* 0: somebody else collects, or did so lately */
    uint32_t unused;
    uint64_t objects, attempts, bytes; /* as struct storage_collected */
    struct err err;                    /* reason 0: all is well */
};

#endif
