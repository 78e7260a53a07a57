/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One collection of the store (quern/collector.h), for all queues of settings, and for all others of their Redis that
 * have the same store: who is not asked what it wants stops it.
 *
 * Private to quern-collector. Errors: those of quern/catalogue.h and quern/queue.h; REASON_CONFIG also for a queue whose
 * home is another store.
 */
#ifndef DAEMON_COLLECTOR_H
#define DAEMON_COLLECTOR_H

#include "quern/collector.h"
#include "quern/settings.h"

MUST_USE int collector_run(const struct settings *settings, struct collector_report *report, struct err *err);

#endif
