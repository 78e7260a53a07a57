/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One probe per barrier of a script's jail: what it answers in the jail, and that it answers something else outside.
 */
#ifndef QUERN_TEST_JAIL_PROBES_H
#define QUERN_TEST_JAIL_PROBES_H

#include <stdbool.h>

/* A file of the user who runs the test, mode 0644, for the probes of paths. Set it before probe_all(). */
extern const char *probe_file;

/* Makes all probes and writes a line "jail NAME ERRNO" or "free NAME ERRNO" for each. */
void probe_all(int out, bool jailed);

/* Asserts both halves. */
void probe_check(const char *text);

#endif
