// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/host_script.h"

#include <fcntl.h>
#include <unistd.h>

#include "quern/own.h"

void script_begin(const struct harness *harness, struct harness_child *child, const char *script, int out) {
    struct err err;
    well(child_open(harness, child, &err), &err);
    well(child_ready(child, &err), &err);
    well(child_commit(child, out, &err), &err);
    well(child_start(child, script, &err), &err);
}

void script_await_done(struct harness_child *child, struct host_answer *raised) {
    struct host_answer answer;
    struct err err;
    *raised = (struct host_answer){0};
    do {
        auto_fd int fd = -1;
        int got = child_answer(child, &answer, &fd, &err);
        well(got, &err);
        assert_int_equal(got, 1);
        if (answer.kind == HOST_RAISED)
            *raised = answer;
    } while (answer.kind != HOST_DONE);
}

void script_end(struct harness_child *child) {
    struct host_exited more;
    struct err err;
    own_close(&child->conversation);
    well(child_exited(child, &err), &err);
    well(harness_wait(child->control, &err), &err);
    assert_int_equal(record_receive(child->control, &more, sizeof more, NULL, 0, NULL, &err), 0);
}

void script_assert_exit(const struct harness_child *child, int code, int signal) {
    assert_string_equal(child->exited.err.msg, "");
    assert_int_equal(child->exited.code, code);
    assert_int_equal(child->exited.signal, signal);
}

void script_run(const struct harness *harness, const char *script, int out) {
    struct harness_child child;
    struct host_answer raised;
    script_begin(harness, &child, script, out);
    script_await_done(&child, &raised);
    assert_string_equal(raised.value, "");
    script_end(&child);
    script_assert_exit(&child, 0, 0);
    child_close(&child);
}

int script_null_device(void) { return open("/dev/null", O_RDWR | O_CLOEXEC); }

void script_read_all(int fd, char *text, size_t bytes) {
    size_t used = 0;
    for (;;) {
        struct err err;
        well(harness_wait(fd, &err), &err);
        ssize_t got = read(fd, text + used, bytes - 1 - used);
        assert_true(got >= 0);
        if (got == 0)
            break;
        used += (size_t)got;
    }
    text[used] = '\0';
}

void script_output(const struct harness *harness, const char *script, char *text, size_t bytes) {
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    script_run(harness, script, ends[1]);
    close(ends[1]);
    script_read_all(ends[0], text, bytes);
    close(ends[0]);
}
