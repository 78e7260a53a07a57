// SPDX-License-Identifier: Apache-2.0
#include "codec_children.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "codec_serve.h"

// The other side may not be reading: what does not fit is not said, and the close speaks for itself.
static void tell(int reply, const struct codec_reply *record) {
    ssize_t sent = send(reply, record, sizeof *record, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)sent;
}

static void close_all(const int *fds, size_t count) {
    for (size_t i = 0; i < count; i++)
        close(fds[i]);
}

void codec_children_start(struct codec_children *children, const struct codec_request *request, const int *fds,
                          size_t fd_count) {
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        codec_serve(request, fds, fd_count, parent);
    if (pid < 0) {
        struct codec_reply reply = {.kind = CODEC_FAILED};
        err_sys(&reply.err, REASON_INFRA, "quern-codec: fork");
        tell(fds[0], &reply);
        close_all(fds, fd_count);
        return;
    }
    children->child[children->count].pid = pid;
    children->child[children->count].reply = fds[0];
    children->count++;
    close_all(fds + 1, fd_count - 1);
}

static void tell_death(int reply, int status) {
    struct codec_reply record = {.kind = CODEC_DIED};
    if (WIFSIGNALED(status)) {
        err_set(&record.err, REASON_SIGNAL, "died of signal %d", WTERMSIG(status));
        record.err.detail = WTERMSIG(status);
    } else {
        err_set(&record.err, REASON_EXIT, "ended with exit code %d", WEXITSTATUS(status));
        record.err.detail = WEXITSTATUS(status);
    }
    tell(reply, &record);
}

static void bury(struct codec_children *children, pid_t pid, int status) {
    for (size_t i = 0; i < children->count; i++) {
        if (children->child[i].pid != pid)
            continue;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            tell_death(children->child[i].reply, status);
        close(children->child[i].reply);
        children->child[i] = children->child[--children->count];
        return;
    }
}

void codec_children_reap(struct codec_children *children) {
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
        bury(children, pid, status);
}
