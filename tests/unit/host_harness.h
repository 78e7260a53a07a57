/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quern-python as a supervisor and a worker see it, for tests and benchmarks.
 *
 * Calling sequence: harness_open() → child_open() → child_commit() … child_start() → child_answer() until DONE →
 * child_finish() → harness_close(). Every wait has a deadline of HARNESS_MS; what does not come in time is an error.
 *
 * Ownership: the structs own their descriptors; dead ones are -1.
 */
#ifndef QUERN_HOST_HARNESS_H
#define QUERN_HOST_HARNESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "quern/host.h"

#define HARNESS_MS 60000u

struct harness {
    int supervisor, requests, pidfd;
    pid_t pid;
    struct host_ready ready;
};

struct harness_child {
    int control, conversation;
    int tree, pidfd; /* pidfds of the init and of the child */
    struct host_exited exited;
};

/* Starts PROGRAM with the descriptor text as environment "test" and receives host_ready, whatever it says. */
MUST_USE int harness_open(struct harness *harness, const char *program, const char *option, const char *text,
                          struct err *err);

/* Closes the supervisor's end and waits for the zygote's death. */
MUST_USE int harness_close(struct harness *harness, struct err *err);

/* Asks for a child. Refusals come back as *err. READY is not awaited. */
MUST_USE int child_open(const struct harness *harness, struct harness_child *child, struct err *err);

/* The same ahead of its job, and with limits of the work directory, and as the request says. */
MUST_USE int child_open_ahead(const struct harness *harness, struct harness_child *child, struct err *err);
MUST_USE int child_open_with(const struct harness *harness, const struct jail_limits *limits,
                             struct harness_child *child, struct err *err);
MUST_USE int child_request(const struct harness *harness, const struct host_spawn *request, struct harness_child *child,
                           struct err *err);

/* The next answer, with the descriptor beside it or -1. Returns 1, 0 at the end of the conversation. */
MUST_USE int child_answer(struct harness_child *child, struct host_answer *answer, int *ret_fd, struct err *err);
MUST_USE int child_ready(struct harness_child *child, struct err *err);

/* COMMIT with default limits and `out` as stdout and stderr; SCRIPT and START. */
MUST_USE int child_commit(struct harness_child *child, int out, struct err *err);
MUST_USE int child_send(struct harness_child *child, const struct host_call *record, int fd, struct err *err);
/* The file of the next result: child_start() and child_answer() do it. */
MUST_USE int child_lend(struct harness_child *child, struct err *err);
MUST_USE int child_start(struct harness_child *child, const char *script, struct err *err);

/* Takes answers until DONE; what the script raised instead comes back as *err. */
MUST_USE int child_done(struct harness_child *child, struct err *err);

/* Receives host_exited into child->exited. */
MUST_USE int child_exited(struct harness_child *child, struct err *err);
void child_close(struct harness_child *child);

/* Waits until a read of `fd` would not block. */
MUST_USE int harness_wait(int fd, struct err *err);

#endif
