// SPDX-License-Identifier: Apache-2.0
#include "codec_serve.h"

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "codec_child.h"
#include "codec_map.h"
#include "quern/jail.h"
#include "quern/record.h"
#include "quern/segment.h"

enum { MAX_HEAD_ROWS = 1000, MAX_LEVEL = 19, MAX_THREADS = 64, FIRST_CLOSED = STDERR_FILENO + 1 };

static const struct {
    const char *name;
    int (*serve)(struct codec_child *child, struct err *err);
    size_t min_fds, max_fds; // behind the reply socket
} ops[] = {
    [CODEC_DECODE] = {"decode", codec_child_decode, 1, 1},
    [CODEC_ENCODE] = {"encode", codec_child_encode, 2, 2},
    [CODEC_CHECK] = {"check", codec_child_check, 1, 1},
    [CODEC_HEAD] = {"head", codec_child_head, 2, 2},
    [CODEC_PROFILE] = {"profile", codec_child_profile, 2, 2},
    [CODEC_TEXT] = {"text", codec_child_text, 2, 2},
    [CODEC_ARFF] = {"decode", codec_child_arff, 1, 1},
    [CODEC_JOIN] = {"join", codec_child_join, 1, 1 + CODEC_MAX_PICTURES},
};

static int check_ceilings(const struct codec_ceilings *ceilings, struct err *err) {
    if (!ceilings->bytes || !ceilings->rows || !ceilings->columns || !ceilings->picture_side ||
        !ceilings->picture_pixels)
        return err_set(err, REASON_BUG, "a request with a ceiling of 0, which never means unlimited");
    return 0;
}

static int check_request(const struct codec_request *request, size_t fd_count, struct err *err) {
    if (request->version != CODEC_VERSION)
        return err_set(err, REASON_BUG, "a request of version %u, expected %u", request->version, CODEC_VERSION);
    if (request->op == 0 || request->op >= sizeof ops / sizeof ops[0])
        return err_set(err, REASON_BUG, "a request for operation %u, which is unknown", request->op);
    if (fd_count < ops[request->op].min_fds || fd_count > ops[request->op].max_fds)
        return err_set(err, REASON_BUG, "a request to %s with %zu descriptors, expected %zu to %zu",
                       ops[request->op].name, fd_count, ops[request->op].min_fds, ops[request->op].max_fds);
    if ((request->op == CODEC_DECODE || request->op == CODEC_ARFF) && request->profile != SEGMENT_PROFILE_NS &&
        request->profile != SEGMENT_PROFILE_UNITS)
        return err_set(err, REASON_BUG, "a request to decode for profile %u, which is unknown", request->profile);
    if (request->head_rows > MAX_HEAD_ROWS || request->level > MAX_LEVEL || request->threads > MAX_THREADS)
        return err_set(err, REASON_BUG, "a request for %u rows, level %u and %u threads, at most %d, %d and %d",
                       request->head_rows, request->level, request->threads, MAX_HEAD_ROWS, MAX_LEVEL, MAX_THREADS);
    if (request->op == CODEC_TEXT && request->separator != ',' && request->separator != '\t')
        return err_set(err, REASON_BUG, "a request for a text table with separator %u, expected a comma or a tab",
                       request->separator);
    return check_ceilings(&request->ceilings, err);
}

// The parent is checked after the signal is armed: it may have died before.
static void die_with(pid_t parent) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
        _exit(JAIL_EXIT);
}

static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

// Everything between the descriptors that are kept goes: the request socket, the supervisor's, other conversations.
static void close_others(const int *fds, size_t count) {
    int sorted[RECORD_MAX_FDS];
    unsigned first = FIRST_CLOSED;
    memcpy(sorted, fds, count * sizeof *fds);
    qsort(sorted, count, sizeof *sorted, compare);
    for (size_t i = 0; i < count; i++) {
        unsigned kept = (unsigned)sorted[i];
        if (kept > first && close_range(first, kept - 1, 0) < 0)
            _exit(JAIL_EXIT);
        if (kept >= first)
            first = kept + 1;
    }
    if (close_range(first, UINT_MAX, 0) < 0)
        _exit(JAIL_EXIT);
}

static void reset_signals(void) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    // A write beyond the ceiling is an error with a message, not a death.
    signal(SIGXFSZ, SIG_IGN);
}

static int bound(const struct codec_ceilings *ceilings, struct err *err) {
    struct rlimit files = {ceilings->bytes, ceilings->bytes}, cores = {0, 0};
    if (setrlimit(RLIMIT_FSIZE, &files) < 0 || setrlimit(RLIMIT_CORE, &cores) < 0)
        return err_sys(err, REASON_INFRA, "setrlimit");
    return 0;
}

// Counted here, because the jail has no use for the question.
static uint32_t usable_threads(uint32_t asked) {
    cpu_set_t set;
    if (asked > 0)
        return asked;
    uint32_t cores = sched_getaffinity(0, sizeof set, &set) == 0 ? (uint32_t)CPU_COUNT(&set) : 1;
    return cores < MAX_THREADS ? cores : MAX_THREADS;
}

// Only the end of the conversation wakes it, never a record.
static void *watch_main(void *context) {
    const struct codec_child *child = context;
    struct pollfd polled = {.fd = child->reply, .events = POLLRDHUP};
    while (poll(&polled, 1, -1) <= 0)
        continue;
    _exit(0);
}

static int watch(struct codec_child *child, struct err *err) {
    pthread_t thread;
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0 || pthread_attr_setstacksize(&attributes, 1u << 16) != 0 ||
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) != 0 ||
        pthread_create(&thread, &attributes, watch_main, child) != 0)
        return err_set(err, REASON_INFRA, "quern-codec: no thread for the watcher");
    return 0;
}

static int serve(struct codec_child *child, struct err *err) {
    TRY(check_request(&child->request, child->fd_count, err));
    child->request.threads = usable_threads(child->request.threads);
    TRY(bound(&child->request.ceilings, err));
    TRY(codec_map_watch(child, err));
    TRY(jail_codec(NULL, err));
    TRY(watch(child, err));
    return ops[child->request.op].serve(child, err);
}

noreturn void codec_serve(const struct codec_request *request, const int *fds, size_t fd_count, pid_t parent) {
    struct codec_child child = {
        .request = *request, .reply = fds[0], .fds = fds + 1, .fd_count = fd_count - 1, .done = {.kind = CODEC_DONE}};
    die_with(parent);
    close_others(fds, fd_count);
    reset_signals();
    if (serve(&child, &child.done.err) < 0)
        child.done.kind = CODEC_FAILED;
    codec_child_reply(&child, &child.done);
    _exit(0);
}
