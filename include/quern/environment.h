/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An environment: a named Python installation and what is imported before any job. One descriptor file each, in the
 * form of schemas/environment.md:
 *
 *     [environment]
 *     python = /usr/bin/python3          ; the exact interpreter; a venv's works too
 *     profile = auto                     ; auto | ns (pandas 1) | units (pandas 2 and later)
 *     preload = numpy pandas             ; imported once, before the first job, in this order
 *     network = denied                   ; denied | open
 *     legacy = no                        ; yes: what NumPy, pandas and scikit-learn removed works again
 *     [defaults]
 *     memory = 1G                        ; what a job has that says nothing; keys: schemas/limits.def
 *     [limits]
 *     memory = 4G                        ; the most that a job may have
 *
 * Calling sequence: environment_default() or environment_read(); environment_write() gives the sealed text that
 * quern-python reads at start (it parses the same form). Plain data, owns nothing. Who starts jobs in it holds it.
 * Errors: REASON_CONFIG, naming file and line; unknown keys are errors. A line has at most 196 bytes (inih's ceiling), so
 * a path at most 187: environment_write() refuses what could not be read back.
 */
#ifndef QUERN_ENVIRONMENT_H
#define QUERN_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quern/err.h"
#include "quern/limits.h"

#define ENVIRONMENT_NAME_BYTES 65 /* [A-Za-z0-9_.-]{1,64}, not starting with a dot */
#define ENVIRONMENT_PATH_BYTES 1024
#define ENVIRONMENT_PRELOADS 32
#define ENVIRONMENT_MODULE_BYTES 64
#define ENVIRONMENT_MAX_BYTES 65536

enum environment_profile { ENVIRONMENT_AUTO = 0, ENVIRONMENT_NS = 1, ENVIRONMENT_UNITS = 2 };

struct environment {
    char name[ENVIRONMENT_NAME_BYTES];
    char python[ENVIRONMENT_PATH_BYTES];
    uint32_t profile; /* enum environment_profile */
    uint32_t preload_count;
    char preload[ENVIRONMENT_PRELOADS][ENVIRONMENT_MODULE_BYTES];
    bool network_open;
    bool legacy;
    struct limits_layer limits; /* not written by environment_write() */
};

/* "default": the interpreter that this quern was built for, numpy and pandas preloaded, no network. */
void environment_default(struct environment *ret);
MUST_USE int environment_parse(const char *name, const char *text, struct environment *ret, struct err *err);
MUST_USE int environment_write(const struct environment *environment, int *ret_fd, struct err *err);

/* As long as the descriptor is open, a virtual environment is not removed by `quern env rm`. *ret_fd is -1 for other
 * Pythons. REASON_CONFIG when it is being removed. */
MUST_USE int environment_hold(const struct environment *environment, int *ret_fd, struct err *err);

#endif
