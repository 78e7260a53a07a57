// SPDX-License-Identifier: Apache-2.0
// `quern down`: ends what `quern up` runs, and waits for it.
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli/terminal.h"
#include "cli/up_place.h"
#include "cli/verbs.h"
#include "quern/own.h"

// The lock is looked at again behind pidfd_open(): the number may have become another process's in between.
static int open_holder(const struct up_place *place, int *ret_fd, struct refusal *refusal) {
    pid_t pid = 0, still = 0;
    TRY(up_place_holder(place, &pid, refusal));
    if (pid == 0)
        return 0;
    auto_fd int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    TRY(up_place_holder(place, &still, refusal));
    if (fd >= 0 && still == pid)
        *ret_fd = steal_fd(&fd);
    return 0;
}

static int down(const struct command_line *line, struct refusal *refusal) {
    struct up_place place;
    auto_fd int fd = -1;
    TRY(up_place_find(&place, refusal));
    TRY(open_holder(&place, &fd, refusal));
    if (fd < 0) {
        fprintf(stderr, "nothing is up\n");
        return 0;
    }
    int times = command_given(line, "--now") ? 2 : 1;
    for (int i = 0; i < times; i++)
        if (syscall(SYS_pidfd_send_signal, fd, i == 0 ? SIGTERM : SIGINT, NULL, 0) < 0 && errno != ESRCH)
            return refuse(refusal, REASON_DENIED, "`quern up` cannot be told to end: %s", strerror(errno));
    struct pollfd end = {.fd = fd, .events = POLLIN};
    while (poll(&end, 1, -1) < 0 && errno == EINTR) {
    }
    fprintf(stderr, "down\n");
    return 0;
}

int verb_down(const struct command_line *line) {
    struct refusal refusal;
    return down(line, &refusal) < 0 ? refusal_print(&refusal, stderr) : 0;
}
