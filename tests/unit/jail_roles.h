/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Harness of the jail's tests. The test program starts itself again with jail_spawn() and the name of a role, which
 * writes what it found as text to descriptor ROLE_OUT; the test compares the text.
 */
#ifndef QUERN_TEST_JAIL_ROLES_H
#define QUERN_TEST_JAIL_ROLES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>

#include "quern/jail.h"

enum { ROLE_DEADLINE_MS = 600000, ROLE_OUT = 3 };

struct role {
    const char *name;
    int (*run)(char **argv);
};

/* If argv names a role: runs it and exits. */
void role_main(const struct role *roles, size_t count, int argc, char **argv);

/* Starts `program` (NULL: this one) in a role, with `argument` as its argv[2]; `out` becomes its ROLE_OUT. */
int role_spawn(const char *program, const char *role, const char *argument, bool isolate, int out, int *ret_pidfd,
               struct err *err);

/* Isolated, but with the network of the host. */
int role_spawn_with_network(const char *role, int out, int *ret_pidfd, struct err *err);

/* The same to its end: its text, and 0 as its exit status asserted. */
void role_run(const char *program, const char *role, const char *argument, bool isolate, char *text, size_t size);

/* The same: its text asserted. */
void role_expect(const char *role, const char *argument, const char *expected);

void role_reap(int pidfd, siginfo_t *ret);

/* Reads until end of file (all holders of the pipe are gone) or the deadline. */
void role_read(int fd, char *text, size_t size);

void role_assert_has(const char *text, const char *line);

#endif
