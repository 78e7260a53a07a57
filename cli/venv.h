/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtual environments: made by the base interpreter's own venv and pip, whose words go to stderr.
 *
 * Calling sequence: venv_lock() → venv_make() or venv_remove() → close the lock. `directory` is the environment's own;
 * what is left there of an attempt that did not end is removed first. Errors: REASON_CONFIG, REASON_INFRA for the lock.
 */
#ifndef QUERN_CLI_VENV_H
#define QUERN_CLI_VENV_H

#include "cli/refusal.h"
#include "cli/terminal.h"

struct venv {
    const char *python;       /* the base interpreter */
    const char *directory;    /* where the environment will be */
    const char *requirements; /* a file, or NULL */
    const char *wheelhouse;   /* a directory, or NULL */
};

/* One at a time changes what is in `directory`, which is made if it is missing: a descriptor that holds the lock. */
MUST_USE int venv_lock(const char *directory, struct refusal *refusal);
MUST_USE int venv_make(const struct venv *venv, struct terminal *notes, struct refusal *refusal);
MUST_USE int venv_remove(const char *directory, struct refusal *refusal);

#endif
