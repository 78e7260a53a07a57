/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker of quernd: one job after the other, each in an attempt that begins clean. The supervisor says when to claim and
 * where; queues and store are connected to once.
 *
 * Calling sequence: service_run() returns 0 when the supervisor says that it is time to go. An error means that this worker
 * cannot go on: what it held is lost, and the supervisor starts another one.
 */
#ifndef DAEMON_SERVICE_H
#define DAEMON_SERVICE_H

#include "quern/settings.h"

MUST_USE int service_run(const struct settings *settings, struct err *err);

#endif
