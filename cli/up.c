// SPDX-License-Identifier: Apache-2.0
// `quern up`: a private Redis and a quernd beside it, for as long as this process lives.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/client.h"
#include "cli/import.h"
#include "cli/interrupts.h"
#include "cli/service.h"
#include "cli/terminal.h"
#include "cli/up_place.h"
#include "cli/up_settings.h"
#include "cli/verbs.h"
#include "cli/workers.h"
#include "daemon/supervisor/peers.h"
#include "quern/catalogue.h"
#include "quern/clock.h"
#include "quern/own.h"
#include "quern/queue_operator.h"
#include "quern/queue_server.h"

enum { REDIS_MS = 60000, WORKERS_MS = 120000, LOOK_MS = 20, LOADING_MS = 30000, SHUTDOWN_MS = 30000, TURN_MS = 200 };

struct up {
    struct up_place place;
    struct up_settings settings;
    struct service redis, daemon;
    struct interrupts interrupts;
    struct queue *queue;          /* owned */
    struct storage *storage;      /* owned */
    struct import *import;        /* owned; NULL: the queue does not have the user's names yet */
    char lacks[QUEUE_INFO_BYTES]; /* why its workers take no jobs yet */
    int lock;
};

/* ---- Redis ---- */

static int start_redis(struct up *up, struct refusal *refusal) {
    char socket[PATH_MAX], data[PATH_MAX], log[PATH_MAX];
    up_place_file(&up->place, "redis.sock", socket);
    up_place_file(&up->place, "data", data);
    // Every answered call is on the disk; when memory ends, calls fail and nothing is dropped.
    const char *const argv[] = {"redis-server",
                                "--port",
                                "0",
                                "--unixsocket",
                                socket,
                                "--unixsocketperm",
                                "700",
                                "--dir",
                                data,
                                "--appendonly",
                                "yes",
                                "--appendfsync",
                                "always",
                                "--maxmemory-policy",
                                "noeviction",
                                "--save",
                                "",
                                "--daemonize",
                                "no",
                                NULL};
    unlink(socket); // a dead one's; nobody else is here, for we hold the lock
    if (service_start("redis-server", argv, up_place_file(&up->place, "redis.log", log), &up->redis, refusal) == 0)
        return 0;
    refusal_advise(refusal, "install it: apt-get install redis-server");
    return -1;
}

// What must become true while a service comes up: 1 yes, 0 not yet.
typedef int up_condition(struct up *up, struct err *err);

static int look_redis(struct up *up, struct err *err) {
    struct server server;
    int answer = queue_server(up->queue, &server, err);
    if (answer < 0)
        return err->reason == REASON_UNREACHABLE ? 0 : -1;
    TRY(server_check(&server, "jobs", err));
    return 1;
}

// Ready when the next job would begin at once. What a quernd lacks for that may be mended while it runs: it is told.
static int look_workers(struct up *up, struct err *err) {
    struct queue_worker worker;
    size_t count = 0;
    TRY(queue_workers(up->queue, 0, &worker, 1, &count, err));
    enum workers_state state = count ? workers_state(&worker) : WORKERS_SILENT;
    if (state == WORKERS_UNREADY)
        workers_said(&worker, "why", up->lacks);
    return state == WORKERS_READY || state == WORKERS_UNREADY;
}

static int await(struct up *up, const struct service *service, up_condition *condition, uint64_t ms,
                 struct refusal *refusal) {
    char log[PATH_MAX], name[64];
    uint64_t deadline = clock_deadline_ns(ms);
    struct err err = {0};
    int met = 0;
    snprintf(name, sizeof name, "%s.log", strcmp(service->name, "quernd") == 0 ? "quernd" : "redis");
    for (;;) {
        met = condition(up, &err);
        if (met || service_has_ended(service) || clock_now_ns() >= deadline)
            break;
        if (interrupts_wait(&up->interrupts, LOOK_MS))
            return refuse(refusal, REASON_CANCELLED, "interrupted");
    }
    if (met > 0)
        return 0;
    refuse(refusal, met < 0 ? (enum reason)err.reason : REASON_CONFIG, "%s %s%s%s", service->name,
           service_has_ended(service) ? "ended at once" : "is not ready", met < 0 ? ": " : "", met < 0 ? err.msg : "");
    refusal_advise(refusal, "its last words: tail %s", up_place_file(&up->place, name, log));
    return -1;
}

/* ---- the queue ---- */

static int open_queue(struct up *up, struct refusal *refusal) {
    // A Redis that still reads its file answers what it is, and nothing else.
    const struct queue_options options = {
        .url = up->settings.url, .name = up->settings.queue, .patience_ms = LOADING_MS};
    struct err err;
    return queue_open(&options, &up->queue, &err) < 0 ? refuse(refusal, REASON_USAGE, "-q: %s", err.msg) : 0;
}

// Into the queue at first, back at the end.
static int move_names(struct up *up, struct refusal *refusal) {
    struct catalogue *directory = NULL, *queue = NULL;
    struct err err;
    int result = catalogue_of_store(up->storage, &directory, &err);
    if (result == 0)
        result = catalogue_of_queue(up->queue, up->storage, &queue, &err);
    if (result < 0)
        refuse(refusal, (enum reason)err.reason, "%s", err.msg);
    else if (up->import)
        result = import_end(up->import, directory, queue, refusal);
    else
        result = import_begin(directory, queue, &up->import, refusal);
    catalogue_close(queue);
    catalogue_close(directory);
    return result;
}

// The Redis is ours alone, so that its queue is at home where we say. The datasets of the user are the queue's, too.
static int furnish(struct up *up, struct refusal *refusal) {
    struct queue_home home;
    struct err err;
    snprintf(home.store, sizeof home.store, "%s", up->settings.store);
    snprintf(home.environments, sizeof home.environments, "%s", up->settings.environments);
    if (queue_set_home(up->queue, &home, &err) < 0 || storage_open(home.store, &up->storage, &err) < 0)
        return refuse(refusal, (enum reason)err.reason, "%s", err.msg);
    return move_names(up, refusal);
}

static int start_daemon(struct up *up, struct refusal *refusal) {
    char program[PATH_MAX], ini[PATH_MAX], log[PATH_MAX];
    struct err err;
    if (program_path("quernd", program, sizeof program, &err) < 0)
        return refuse(refusal, (enum reason)err.reason, "%s", err.msg);
    TRY(up_settings_write(&up->settings, &up->place, refusal));
    const char *const argv[] = {program, "--config", up_place_file(&up->place, "quernd.ini", ini), NULL};
    return service_start("quernd", argv, up_place_file(&up->place, "quernd.log", log), &up->daemon, refusal);
}

static int start(struct up *up, struct refusal *refusal) {
    TRY(up_place_make(&up->place, refusal));
    TRY(up_place_hold(&up->place, &up->lock, refusal));
    TRY(open_queue(up, refusal));
    TRY(start_redis(up, refusal));
    TRY(await(up, &up->redis, look_redis, REDIS_MS, refusal));
    TRY(furnish(up, refusal));
    TRY(start_daemon(up, refusal));
    return await(up, &up->daemon, look_workers, WORKERS_MS, refusal);
}

/* ---- life and end ---- */

static int live(struct up *up, struct refusal *refusal) {
    while (interrupts_wait(&up->interrupts, TURN_MS) == 0) {
        if (service_has_ended(&up->daemon) || service_has_ended(&up->redis)) {
            bool redis = service_has_ended(&up->redis);
            refuse(refusal, REASON_INFRA, "%s ended", redis ? "redis-server" : "quernd");
            refusal_advise(refusal, "its last words: tail %s/%s.log", up->place.directory, redis ? "redis" : "quernd");
            return -1;
        }
    }
    return 0;
}

// The first SIGTERM lets running jobs end, a second one gives them back to the queue, a third one kills. What is done
// without Redis is told to nobody: its file has the jobs, and the next `quern up` runs them.
static void end_daemon(struct up *up) {
    service_signal(&up->daemon, SIGTERM);
    while (!service_has_ended(&up->daemon))
        if (interrupts_wait(&up->interrupts, TURN_MS) || service_has_ended(&up->redis))
            service_signal(&up->daemon, SIGTERM);
    service_reap(&up->daemon, 0);
}

static void end(struct up *up) {
    struct refusal refusal;
    end_daemon(up);
    if (up->import && !service_has_ended(&up->redis) && move_names(up, &refusal) < 0)
        refusal_print(&refusal, stderr);
    import_free(up->import);
    queue_close(up->queue);
    storage_close(up->storage);
    service_signal(&up->redis, SIGTERM);
    service_reap(&up->redis, SHUTDOWN_MS);
    interrupts_close(&up->interrupts);
    own_close(&up->lock);
}

static void say_ready(const struct up *up) {
    struct terminal notes;
    terminal_open(&notes, stderr, TERMINAL_COLOUR_AUTO);
    terminal_say(&notes, "✓ up: queue '%s', %u workers, store %s\n", up->settings.queue, up->settings.workers,
                 up->settings.store);
    if (*up->lacks)
        terminal_say(&notes, "! jobs wait: %s\n  look closer: quern env ls; quern doctor\n", up->lacks);
    terminal_say(&notes, "  try: quern submit SCRIPT --dataframe1 FILE -f\n");
    fflush(notes.file);
}

static int serve(struct up *up, int ready, struct refusal *refusal) {
    TRY(start(up, refusal));
    say_ready(up);
    if (ready >= 0) {
        char log[PATH_MAX];
        auto_fd int file =
            open(up_place_file(&up->place, "up.log", log), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (file < 0 || dup2(file, STDOUT_FILENO) < 0 || dup2(file, STDERR_FILENO) < 0)
            return refuse(refusal, REASON_CONFIG, "%s: %s", log, strerror(errno));
        (void)!write(ready, "", 1);
        close(ready);
    } else {
        fprintf(stderr, "  Ctrl-C ends it\n");
    }
    return live(up, refusal);
}

static int run(const struct command_line *line, int ready) {
    struct up up = {.redis.pidfd = -1, .daemon.pidfd = -1, .interrupts.fd = -1, .lock = -1};
    struct refusal refusal;
    if (up_place_find(&up.place, &refusal) < 0 || up_settings_make(line, &up.place, &up.settings, &refusal) < 0 ||
        interrupts_open(&up.interrupts, &refusal) < 0)
        return refusal_print(&refusal, stderr);
    int result = serve(&up, ready, &refusal);
    end(&up);
    return result < 0 ? refusal_print(&refusal, stderr) : 0;
}

// The parent's part of --detach: says nothing, for the child does until it is ready.
static int wait_ready(pid_t child, int reader) {
    char byte;
    int status = 0;
    if (read(reader, &byte, 1) == 1)
        return 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : refusal_code(REASON_BUG);
}

static int detach(const struct command_line *line) {
    int ends[2];
    struct refusal refusal;
    if (pipe2(ends, O_CLOEXEC) < 0) {
        refuse(&refusal, REASON_INFRA, "pipe: %s", strerror(errno));
        return refusal_print(&refusal, stderr);
    }
    pid_t child = fork();
    if (child < 0) {
        refuse(&refusal, REASON_INFRA, "fork: %s", strerror(errno));
        return refusal_print(&refusal, stderr);
    }
    close(ends[child > 0]);
    if (child > 0)
        return wait_ready(child, ends[0]);
    setsid();
    return run(line, ends[1]);
}

int verb_up(const struct command_line *line) { return command_given(line, "--detach") ? detach(line) : run(line, -1); }
