/* SPDX-License-Identifier: Apache-2.0 */
/* How sure it is that what Redis accepted will outlive its host. */
#ifndef QUERN_QUEUE_DURABLE_H
#define QUERN_QUEUE_DURABLE_H

#include "quern/queue.h"
#include "redis/session.h"

/* Until all that Redis did so far is as safe as asked for. INFRA when that takes more than half of the session's timeout,
 * CONFIG when this Redis cannot tell; `what` was accepted all the same. */
MUST_USE int durable_confirm(struct session *session, const char *prefix, enum queue_durability durability,
                             const char *what, struct err *err);

#endif
