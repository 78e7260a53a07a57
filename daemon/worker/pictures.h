/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the pictures below a dead job's work directory: regular *.png files, by time of change, then name; not those of
 * the script bundle. Links, devices and other mounts are never followed; what is left out is warned of. */
#ifndef DAEMON_PICTURES_H
#define DAEMON_PICTURES_H

#include "attempt.h"

MUST_USE int pictures_find(struct attempt *attempt, struct err *err);

#endif
