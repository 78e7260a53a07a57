/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a job needs on its host, through the supervisor: the zygote of its environment, whose child it asks for at once, and
 * the codec. Its limits are settled by the zygote's environment and host.
 *
 * Calling sequence, in step load: connect_zygote() → connect_codec(). Ownership: the attempt's descriptors. Errors:
 * REASON_CONFIG for an environment that is not known here; those of the calls.
 */
#ifndef DAEMON_CONNECT_H
#define DAEMON_CONNECT_H

#include "attempt.h"

/* attempt->zygote, profile, limits; attempt->asked of a script. Where no Python is needed, limits only. */
MUST_USE int connect_zygote(struct attempt *attempt, struct err *err);
MUST_USE int connect_codec(struct attempt *attempt, struct err *err);

#endif
