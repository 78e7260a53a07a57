// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/jail_zygote.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int zygote_tell(const struct err *err) {
    dprintf(ROLE_OUT, "failed: %s\n", err->msg);
    return 1;
}

int zygote_open(bool network_open, struct jail **ret) {
    struct jail_options options = {.network_open = network_open};
    struct err err = {0};
    return jail_open(&options, ret, &err) < 0 ? zygote_tell(&err) : 0;
}

_Noreturn static void child_main(const struct jail *jail, uint32_t slot, zygote_child_fn *run, int keep_fd) {
    const int keep[] = {ROLE_OUT, keep_fd};
    struct jail_limits limits;
    struct err err = {0};
    int work_dir = -1;
    jail_limits_default(&limits);
    if (jail_prepare(jail, slot, &limits, keep, keep_fd < 0 ? 1 : 2, &work_dir, &err) < 0) {
        zygote_tell(&err);
        _exit(JAIL_EXIT);
    }
    _exit(run(jail, work_dir));
}

int zygote_start_child(const struct jail *jail, uint32_t slot, zygote_child_fn *run, int keep_fd,
                       struct zygote_tree *ret) {
    struct err err = {0};
    struct zygote_tree tree = {.init = -1};
    if (jail_tree_start(jail, &tree.init, &err) < 0 || jail_tree_enter(jail, tree.init, &err) < 0)
        return zygote_tell(&err);
    tree.child = fork();
    if (tree.child == 0)
        child_main(jail, slot, run, keep_fd);
    if (jail_tree_leave(jail, &err) < 0 || tree.child < 0)
        return zygote_tell(&err);
    *ret = tree;
    return 0;
}

int zygote_end_child(struct zygote_tree *tree, int *ret_status) {
    struct err err = {0};
    if (waitpid(tree->child, ret_status, 0) != tree->child || jail_tree_kill(tree->init, &err) < 0 ||
        jail_tree_reap(tree->init, &err) < 0)
        return zygote_tell(&err);
    close(tree->init);
    return 0;
}

int zygote_with_child(zygote_child_fn *run, bool network_open) {
    struct jail *jail = NULL;
    struct zygote_tree tree;
    int status = 0;
    if (zygote_open(network_open, &jail) || zygote_start_child(jail, 0, run, -1, &tree) ||
        zygote_end_child(&tree, &status))
        return 1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
