/* SPDX-License-Identifier: Apache-2.0 */
/* What became of an input's columns, from its segment into the manifest. */
#ifndef DAEMON_COLUMN_REPORT_H
#define DAEMON_COLUMN_REPORT_H

#include "attempt.h"

/* The segment is loaded. REASON_BAD_RESULT for one whose layout breaks a rule, REASON_INFRA. */
MUST_USE int column_report(struct attempt *attempt, uint32_t input, struct err *err);

#endif
