/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a script left in `./outputs` and `./logs`: regular files, kept under their paths (kept.h) whatever became of the job.
 * The tree is dead. What goes beyond limits.files and limits.files_bytes, or has a name that no file of a job can have, is
 * left out and warned of. Errors: REASON_INFRA.
 */
#ifndef DAEMON_LEFT_H
#define DAEMON_LEFT_H

#include "attempt.h"

MUST_USE int left_find(struct attempt *attempt, struct err *err);

#endif
