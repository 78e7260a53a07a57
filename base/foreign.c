// SPDX-License-Identifier: Apache-2.0
#include "quern/foreign.h"

#include <signal.h>
#include <sys/time.h>

#include "quern/own.h"

enum { TICK_US = 1000 };

static void interrupt(int number) { (void)number; }

// One signal may come too early: they come again and again.
static void begin(void) {
    const struct sigaction action = {.sa_handler = interrupt, .sa_flags = SA_RESTART};
    const struct itimerval ticks = {.it_interval.tv_usec = TICK_US, .it_value.tv_usec = TICK_US};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &ticks, NULL);
}

static void end(void) {
    const struct itimerval none = {.it_value.tv_usec = 0};
    setitimer(ITIMER_REAL, &none, NULL);
}

int foreign_receive(int socket, void *record, size_t bytes, int *fds, size_t max_fds, size_t *ret_fd_count,
                    struct err *err) {
    begin();
    int got = record_receive(socket, record, bytes, fds, max_fds, ret_fd_count, err);
    end();
    return got;
}

void foreign_close(int *fds, size_t count) {
    begin();
    for (size_t i = 0; i < count; i++)
        own_close(&fds[i]);
    end();
}
