/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a script writes to a mapped file finds no room when the work directory is full. No call fails then: the kernel sends
 * SIGBUS, and when the process is dead nothing tells any more how full it was. So the process itself says RAISED, and dies.
 *
 * Calling sequence: full_disk_watch() once, before the script begins, where the work directory is a file system of its own.
 * A script that handles the signal itself is its own master. Errors: REASON_INFRA.
 */
#ifndef QUERN_PYTHON_FULL_DISK_H
#define QUERN_PYTHON_FULL_DISK_H

#include "quern/err.h"

/* Processes that this one forks tell of the limit, and leave it to this one what becomes of the job. */
MUST_USE int full_disk_watch(int conversation, struct err *err);

#endif
