/* SPDX-License-Identifier: Apache-2.0 */
/* CSV and TSV inputs are typed by pandas, in a single-use child of their own. */
#ifndef DAEMON_TYPE_TABLE_H
#define DAEMON_TYPE_TABLE_H

#include "attempt.h"

/* Returns a checked, sealed segment or -1. */
MUST_USE int type_table(struct attempt *attempt, const struct job_input *table, int file, struct err *err);

#endif
