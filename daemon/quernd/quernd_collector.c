// SPDX-License-Identifier: Apache-2.0
/* Now and then the store is collected, by a process that lives for that alone: it may take long, and hang with the store. */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "quern/clock.h"
#include "quern/collector.h"
#include "quern/jail.h"
#include "quern/own.h"
#include "quern/record.h"
#include "quernd.h"

enum {
    FIRST_MS = 60000, // a host that has just come up has other things to do
    DEATH_MS = 2000,
};

void quernd_collector_init(struct quernd *quernd) {
    uint64_t every_ms = quernd->config->settings.collect_ms;
    quernd->collector = (struct quernd_collector){.socket = -1, .pidfd = -1, .next_ns = CLOCK_NEVER};
    if (every_ms)
        quernd->collector.next_ns = clock_now_ns() + clock_jitter_ns(every_ms / 5 < FIRST_MS ? every_ms / 5 : FIRST_MS);
}

void quernd_collector_stop(struct quernd *quernd) {
    struct quernd_collector *collector = &quernd->collector;
    siginfo_t info;
    if (collector->pidfd < 0)
        return;
    supervisor_unwatch(&quernd->supervisor, collector->socket);
    close(steal_fd(&collector->socket));
    pidfd_send_signal(collector->pidfd, SIGKILL, NULL, 0);
    // A disk that hangs holds it even then: it is left to the kernel.
    struct pollfd death = {.fd = collector->pidfd, .events = POLLIN};
    if (poll(&death, 1, DEATH_MS) > 0)
        waitid(P_PIDFD, (id_t)collector->pidfd, &info, WEXITED);
    close(steal_fd(&collector->pidfd));
}

// ---- what came of it ----

static void tell(struct quernd *quernd, const struct collector_report *report) {
    struct keeper_order order = {.kind = KEEPER_COLLECTED,
                                 .good = report->err.reason == 0,
                                 .objects = report->objects,
                                 .attempts = report->attempts,
                                 .bytes = report->bytes};
    quernd_tell(quernd, &order);
}

static void log_report(struct quernd *quernd, const struct collector_report *report) {
    char objects[LOG_NUMBER_BYTES], attempts[LOG_NUMBER_BYTES], bytes[LOG_NUMBER_BYTES], ms[LOG_NUMBER_BYTES];
    bool good = report->err.reason == 0;
    log_line(&quernd->log, good ? SETTINGS_LOG_INFO : SETTINGS_LOG_WARNING,
             good ? "store collected" : "store not collected", "objects", log_number(report->objects, objects),
             "attempts", log_number(report->attempts, attempts), "bytes", log_number(report->bytes, bytes), "ms",
             log_number((clock_now_ns() - quernd->collector.begun_ns) / 1000000, ms), "error",
             good ? NULL : report->err.msg, NULL);
}

static void on_report(void *context) {
    struct quernd *quernd = context;
    struct collector_report report;
    struct err ignored;
    if (record_receive(quernd->collector.socket, &report, sizeof report, NULL, 0, NULL, &ignored) <= 0) {
        report = (struct collector_report){.had_turn = 0};
        err_fill(&report.err, REASON_INFRA, "quern-collector died");
    }
    err_distrust(&report.err);
    if (report.had_turn || report.err.reason) {
        log_report(quernd, &report);
        tell(quernd, &report);
    } else {
        log_line(&quernd->log, SETTINGS_LOG_DEBUG, "somebody else collects", NULL);
    }
    quernd_collector_stop(quernd);
}

// ---- starting it ----

static int spawn(struct quernd *quernd, struct err *err) {
    static const char *const argv[] = {"quern-collector", NULL};
    struct quernd_collector *collector = &quernd->collector;
    struct quernd_environ kept;
    char path[4096];
    int ends[2];
    pid_t pid;
    auto_fd int settings = -1;
    TRY(program_path("quern-collector", path, sizeof path, err));
    TRY(settings_write(&quernd->config->settings, &settings, err));
    TRY(record_pair(ends, err));
    auto_fd int ours = ends[0], its = ends[1];
    const int fds[] = {its, settings};
    quernd_environ_take(&kept);
    const struct jail_spawn how = {.program = path, .argv = argv, .environ = kept.list, .fds = fds, .fd_count = 2};
    TRY(jail_spawn(&how, &collector->pidfd, &pid, err));
    collector->socket = steal_fd(&ours);
    return 0;
}

// One that takes longer than it is until the next one goes on.
void quernd_collect(struct quernd *quernd, uint64_t now_ns) {
    struct quernd_collector *collector = &quernd->collector;
    struct err err;
    if (quernd->phase != QUERND_RUNS || now_ns < collector->next_ns)
        return;
    collector->next_ns = now_ns + clock_jitter_ns(quernd->config->settings.collect_ms);
    if (collector->pidfd >= 0) {
        log_line(&quernd->log, SETTINGS_LOG_WARNING, "the store is still being collected", NULL);
        return;
    }
    collector->begun_ns = now_ns;
    if (spawn(quernd, &err) < 0)
        log_line(&quernd->log, SETTINGS_LOG_ERROR, "the collector cannot be started", "error", err.msg, NULL);
    else
        supervisor_watch(&quernd->supervisor, collector->socket, on_report);
}
