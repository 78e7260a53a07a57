/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LIST of quern/request.h: one page of the keys that a job may read. Only what lies below its prefixes is walked, and where
 * none of them meets what was asked for nobody is asked.
 *
 * Ownership: borrowed all. Errors: the catalogue's.
 */
#ifndef DAEMON_LISTING_H
#define DAEMON_LISTING_H

#include "quern/request.h"

struct attempt;

/* Keys that begin with `prefix` and come after `after` ("": the first page), as far as they fit into the reply. */
MUST_USE int listing_page(struct attempt *attempt, const char *prefix, const char *after, struct request_reply *reply,
                          struct err *err);

#endif
