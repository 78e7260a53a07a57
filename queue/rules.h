/* SPDX-License-Identifier: Apache-2.0 */
/* For which reasons an attempt is tried again: `exit:75,limit:memory,lost`. The server compares, here they are checked. */
#ifndef QUERN_QUEUE_RULES_H
#define QUERN_QUEUE_RULES_H

#include "quern/err.h"

#define RULES_DEFAULT "exception,exit,signal"

/* BAD_INPUT for a word that no attempt can end with: typos are found. */
MUST_USE int rules_check(const char *rules, struct err *err);

#endif
