/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts run through a zygote, from begin to end or step by step: script_begin() → script_await_done() → script_end() →
 * child_close(). Everything asserts.
 */
#ifndef QUERN_HOST_SCRIPT_H
#define QUERN_HOST_SCRIPT_H

#include "tests/unit/host_fixture.h"

/* A child with the script started; its output goes to `out`. */
void script_begin(const struct harness *harness, struct harness_child *child, const char *script, int out);

/* Reads answers up to DONE; the last RAISED of them is left in `raised`. */
void script_await_done(struct harness_child *child, struct host_answer *raised);

/* The zygote closes `control` last: at its end nothing of the child is left. */
void script_end(struct harness_child *child);
void script_assert_exit(const struct harness_child *child, int code, int signal);

/* To its end, which is a good one; script_output() returns what it wrote. */
void script_run(const struct harness *harness, const char *script, int out);
void script_output(const struct harness *harness, const char *script, char *text, size_t bytes);

/* Everything that was written until the last holder of the pipe was gone. */
void script_read_all(int fd, char *text, size_t bytes);
int script_null_device(void);

#endif
