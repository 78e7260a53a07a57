/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtual environments: made by the base interpreter's own venv and pip, whose words go to stderr.
 *
 * Calling sequence: inside of a change (cli/change.h), venv_make() or venv_remove(). `directory` is the environment's own;
 * what is there is removed first. Errors: REASON_CONFIG.
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

MUST_USE int venv_make(const struct venv *venv, struct terminal *notes, struct refusal *refusal);
MUST_USE int venv_remove(const char *directory, struct refusal *refusal);

#endif
