// SPDX-License-Identifier: Apache-2.0
//
// A barrier's price is the difference between two children that are one step apart, both from fork to reaping: its undoing
// at the child's end is part of it. What both have in common differs by more than most steps cost, and so the lower
// quartile of TIMES is taken of each, in turns.
#include "jail_prices.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ops/jail/prepare_part.h"
#include "quern/clock.h"

enum { TIMES = 15, MOST = 64, LOWER = TIMES / 4, BARE = 0, IN_TREE = 1 }; // from IN_TREE on: so many steps

_Noreturn static void child(const struct jail *jail, size_t steps, bool commit) {
    struct jail_limits limits;
    struct err err = {0};
    uint64_t space = 0;
    int work_dir = -1;
    jail_limits_default(&limits);
    if (steps && jail_prepare_part(jail, 0, &limits, NULL, 0, steps, &work_dir, &err) < 0)
        _exit(1);
    if (commit && (jail_measure(&space, &err) < 0 || jail_commit(jail, space, &limits, &err) < 0))
        _exit(1);
    _exit(0);
}

static int reap(pid_t pid, struct err *err) {
    int status = 0;
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return err_sys(err, REASON_INFRA, "a child of the price list");
    return status == 0 ? 0 : err_set(err, REASON_INFRA, "a child of the price list ended with %d", status);
}

static int bare(struct err *err) {
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return reap(pid, err);
}

static int in_tree(const struct jail *jail, size_t steps, bool commit, struct err *err) {
    int init = -1;
    TRY(jail_tree_start(jail, &init, err));
    TRY(jail_tree_enter(jail, init, err));
    pid_t pid = fork();
    if (pid == 0)
        child(jail, steps, commit);
    TRY(jail_tree_leave(jail, err));
    TRY(reap(pid, err));
    TRY(jail_tree_kill(init, err));
    TRY(jail_tree_reap(init, err));
    close(init);
    return 0;
}

// Kinds: a bare fork, one in a tree, one with each more step, and one with the limits of the job.
static int measure(const struct jail *jail, size_t kind, double *ret_us, struct err *err) {
    size_t last = IN_TREE + jail_step_count + 1, steps = kind == last ? jail_step_count : kind - IN_TREE;
    uint64_t start = clock_now_ns();
    TRY(kind == BARE ? bare(err) : in_tree(jail, steps, kind == last, err));
    *ret_us = (double)(clock_now_ns() - start) / 1000;
    return 0;
}

static int ascending(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static const char *name_of(size_t kind) {
    if (kind == BARE)
        return "bare fork";
    if (kind == IN_TREE)
        return "+ pid namespace and its init";
    return kind == IN_TREE + jail_step_count + 1 ? "limits of the job" : jail_step_names[kind - IN_TREE - 1];
}

static void print(int out, const char *when, const char *prefix, const char *name, double us) {
    dprintf(out, "%s: %s%s\tus\t%.1f\n", when, prefix, name, us > 0 ? us : 0);
}

int jail_prices(const struct jail *jail, const char *when, int out, struct err *err) {
    static double us[MOST][TIMES];
    size_t kinds = IN_TREE + jail_step_count + 2;
    if (kinds > MOST)
        return err_set(err, REASON_BUG, "more than %d steps", MOST);
    for (size_t i = 0; i < TIMES; i++)
        for (size_t kind = 0; kind < kinds; kind++)
            TRY(measure(jail, kind, &us[kind][i], err));
    for (size_t kind = 0; kind < kinds; kind++) {
        qsort(us[kind], TIMES, sizeof us[kind][0], ascending);
        double before = kind ? us[kind - 1][LOWER] : 0;
        print(out, when, kind > IN_TREE ? "+ " : "", name_of(kind), us[kind][LOWER] - before);
    }
    print(out, when, "", "all together", us[kinds - 1][LOWER]);
    return 0;
}
