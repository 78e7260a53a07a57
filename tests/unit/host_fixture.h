/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A zygote for a cmocka group: open_zygote() and close_zygote() are its setup and teardown; the state is its struct
 * harness (host_harness.h), and DESCRIPTOR what it was started with. well() asserts with the words of the error.
 */
#ifndef QUERN_HOST_FIXTURE_H
#define QUERN_HOST_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/host_harness.h"

#define DESCRIPTOR "[environment]\npython = " QUERN_PYTHON "\n"

static inline void well(int result, const struct err *err) {
    if (result < 0)
        fail_msg("%s", err->msg);
}

static inline int open_zygote(void **state) {
    static struct harness harness;
    struct err err;
    if (harness_open(&harness, QUERN_PYTHON_PROGRAM, NULL, DESCRIPTOR, &err) < 0 || harness.ready.err.reason) {
        print_error("%s%s\n", err.msg, harness.ready.err.msg);
        return -1;
    }
    *state = &harness;
    return 0;
}

static inline int close_zygote(void **state) {
    struct err err;
    return harness_close(*state, &err);
}

#endif
