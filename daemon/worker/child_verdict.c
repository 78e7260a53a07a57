// SPDX-License-Identifier: Apache-2.0
/* What is said of a child that has ended: the verdict, and beside it the limits that it does not name. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "child.h"

enum { LIMIT_BYTES = 3 * LIMITS_TEXT_BYTES + 64 };

// The most that this host gives a process: the zygote has it from where the worker has it, and nobody raises it.
static uint64_t open_files_of_host(void) {
    struct rlimit found;
    return getrlimit(RLIMIT_NOFILE, &found) == 0 ? found.rlim_max : RLIM_INFINITY;
}

static const char *say_open_files(uint32_t asked, char text[LIMIT_BYTES]) {
    uint64_t most = open_files_of_host();
    if (asked > most)
        snprintf(text, LIMIT_BYTES, "%llu open files, all that this host gives a process", (unsigned long long)most);
    else
        snprintf(text, LIMIT_BYTES, "%u open files", asked);
    return text;
}

// The limits are ours to name: the child only knows that something was refused.
static const char *say_limit(enum reason reason, const struct jail_limits *limits, char text[LIMIT_BYTES]) {
    char bytes[LIMITS_TEXT_BYTES], each[LIMITS_TEXT_BYTES];
    if (reason == REASON_LIMIT_DISK)
        snprintf(text, LIMIT_BYTES, "%s in %llu files, %s each", limits_show_bytes(limits->work_bytes, bytes),
                 (unsigned long long)limits->work_files, limits_show_bytes(limits->file_bytes, each));
    else if (reason == REASON_LIMIT_PROCESSES)
        snprintf(text, LIMIT_BYTES, "%u processes and threads", limits->processes);
    else if (reason == REASON_LIMIT_OPEN_FILES)
        return say_open_files(limits->open_files, text);
    else
        snprintf(text, LIMIT_BYTES, "%s of memory", limits_show_bytes(limits->memory_bytes, bytes));
    return text;
}

// ---- verdict ----

static int memory_verdict(const char *told, const struct jail_limits *limits, struct err *err) {
    char bytes[LIMITS_TEXT_BYTES];
    return err_set(err, REASON_LIMIT_MEMORY, "the script needed more than its memory limit of %s%s%.900s",
                   limits_show_bytes(limits->memory_bytes, bytes), told[0] ? ": " : "", told);
}

static int time_verdict(uint64_t limit_ms, struct err *err) {
    return err_set(err, REASON_LIMIT_TIME, "the script ran longer than its time limit of %llu%s",
                   (unsigned long long)(limit_ms % 1000 ? limit_ms : limit_ms / 1000), limit_ms % 1000 ? " ms" : " s");
}

static bool is_refused_by_kernel(uint32_t reason) {
    return reason == REASON_LIMIT_DISK || reason == REASON_LIMIT_PROCESSES || reason == REASON_LIMIT_OPEN_FILES;
}

static int raised_verdict(const struct host_answer *raised, const struct jail_limits *limits, struct err *err) {
    char limit[LIMIT_BYTES];
    if (is_refused_by_kernel(raised->reason) && raised->detail != HOST_ERROR_BUNDLE)
        return err_set(err, (enum reason)raised->reason, "%.900s (the limit is %s)", raised->value,
                       say_limit((enum reason)raised->reason, limits, limit));
    if (raised->reason == REASON_LIMIT_MEMORY)
        return memory_verdict(raised->value, limits, err);
    err_set(err, (enum reason)raised->reason, "%s", raised->value);
    err->detail = raised->detail;
    return -1;
}

// Who ignores SIGXCPU gets SIGKILL of the kernel, now and then before a look finds him.
static bool used_up(const struct host_exited *exit, uint64_t cpu_seconds) {
    return exit->signal == SIGXCPU ||
           (exit->signal == SIGKILL && exit->user_us + exit->system_us >= cpu_seconds * 1000000);
}

static int death_verdict(const struct child *child, const struct jail_limits *limits, struct err *err) {
    const struct host_exited *exit = &child->exit;
    char limit[LIMIT_BYTES];
    if (exit->signal == SIGBUS && (child->met & CHILD_MET(REASON_LIMIT_DISK)))
        return err_set(err, REASON_LIMIT_DISK,
                       "a page of a mapped file was missing, and the disk is full (the limit is %s)",
                       say_limit(REASON_LIMIT_DISK, limits, limit));
    if (used_up(exit, limits->cpu_seconds)) {
        tree_watch_say_cpu(limits, err);
        return -1;
    }
    if (exit->signal) {
        err_set(err, REASON_SIGNAL, "the script's process died of SIG%s",
                sigabbrev_np(exit->signal) ? sigabbrev_np(exit->signal) : "?");
        err->detail = exit->signal;
        return -1;
    }
    err_set(err, REASON_EXIT, "the script ended its process with code %d and returned nothing", exit->code);
    err->detail = exit->code;
    return -1;
}

// What ended it from outside comes before what it said itself.
static const struct err *outer_verdict(const struct child *child) {
    return child->exit.err.reason ? &child->exit.err : child->refused.reason ? &child->refused : NULL;
}

static int verdict(const struct child *child, const struct jail_limits *limits, struct err *err) {
    if (child->calls->cancelled)
        return err_set(err, REASON_CANCELLED, "cancelled while the script ran");
    if (child->calls->expired)
        return time_verdict(child->time_ms, err);
    const struct err *outer = outer_verdict(child);
    if (outer) {
        *err = *outer;
        return -1;
    }
    if (child->raised.kind)
        return raised_verdict(&child->raised, limits, err);
    return child->done ? 0 : death_verdict(child, limits, err);
}

// ---- beside the verdict ----

// Who fails and does not end is ended by another limit.
static uint32_t tell_failure_before(const struct child *child, const struct jail_limits *limits,
                                    const struct child_listener *listener) {
    struct err before;
    char text[ERR_MSG_BYTES];
    raised_verdict(&child->raised, limits, &before);
    snprintf(text, sizeof text, "the script had failed before: %.900s", before.msg);
    listener->on_note(listener->context, "", text);
    return child->raised.reason;
}

static void tell_met(uint64_t met, const struct jail_limits *limits, const struct child_listener *listener) {
    static const struct {
        enum reason reason;
        const char *flags;
    } known[] = {{REASON_LIMIT_MEMORY, "--memory"},
                 {REASON_LIMIT_DISK, "--disk, --disk-files, --file"},
                 {REASON_LIMIT_PROCESSES, "--processes"},
                 {REASON_LIMIT_OPEN_FILES, "--open-files"}};
    char limit[LIMIT_BYTES], text[LIMIT_BYTES + 64];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!(met & CHILD_MET(known[i].reason)))
            continue;
        snprintf(text, sizeof text, "the script reached its limit of %s (%s)",
                 say_limit(known[i].reason, limits, limit), known[i].flags);
        listener->on_note(listener->context, "", text);
    }
}

static void tell_lowered(const struct jail_limits *limits, const struct child_listener *listener) {
    char text[LIMIT_BYTES + 64];
    uint64_t most = open_files_of_host();
    if (limits->open_files <= most)
        return;
    snprintf(text, sizeof text, "this host gives a process %llu open files, not %u (--open-files; ulimit -Hn)",
             (unsigned long long)most, limits->open_files);
    listener->on_note(listener->context, "", text);
}

int child_verdict(const struct child *child, const struct host_call *commit, const struct child_listener *listener,
                  struct err *err) {
    const struct jail_limits *limits = &commit->limits;
    uint64_t met = child->met | child->raised.met;
    int result = verdict(child, limits, err);
    if (result < 0)
        met &= ~CHILD_MET(err->reason);
    if (child->raised.kind && (child->calls->cancelled || child->calls->expired || outer_verdict(child)))
        met &= ~CHILD_MET(tell_failure_before(child, limits, listener));
    tell_met(met, limits, listener);
    tell_lowered(limits, listener);
    return result;
}
