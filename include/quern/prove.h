/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does an environment work? Its zygote is started once, as for a job: jail, interpreter, imports; then it ends.
 *
 * Calling sequence: environment_prove(&environment, &found, &err) → versions, profile, import time (us) and the jail's
 * facts. Takes as long as the imports. Owns nothing afterwards. Errors: what quern-python says (REASON_CONFIG for an
 * interpreter or module that is not there), REASON_CONFIG when it does not come up in time.
 */
#ifndef QUERN_PROVE_H
#define QUERN_PROVE_H

#include <stdbool.h>

#include "quern/environment.h"
#include "quern/host.h"

#define PROVE_TIMEOUT_MS 300000

/* Whether there would be a cgroup for each job, and if not, why. */
MUST_USE bool prove_cgroups(struct err *why);

MUST_USE int environment_prove(const struct environment *environment, struct host_ready *ret, struct err *err);

#endif
