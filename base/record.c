// SPDX-License-Identifier: Apache-2.0
#include "quern/record.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

union control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int) * RECORD_MAX_FDS)];
};

int record_pair(int ret_ends[2], struct err *err) {
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_ends) < 0)
        return err_sys(err, REASON_INFRA, "socketpair");
    return 0;
}

static int send_flagged(int socket, int flags, const void *record, size_t bytes, const int *fds, size_t fd_count,
                        struct err *err) {
    if (fd_count > RECORD_MAX_FDS || bytes > RECORD_MAX_BYTES)
        return err_set(err, REASON_BUG, "a record of %zu bytes with %zu descriptors is too large", bytes, fd_count);
    union control control = {0};
    struct iovec part = {.iov_base = (void *)(uintptr_t)record, .iov_len = bytes};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd_count) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
        memcpy(CMSG_DATA(header), fds, sizeof(int) * fd_count);
    }
    ssize_t sent;
    do
        sent = sendmsg(socket, &message, MSG_NOSIGNAL | flags);
    while (sent < 0 && errno == EINTR);
    if (sent < 0)
        return err_sys(err, REASON_INFRA, "sending a record");
    return 0;
}

int record_send(int socket, const void *record, size_t bytes, const int *fds, size_t fd_count, struct err *err) {
    return send_flagged(socket, 0, record, bytes, fds, fd_count, err);
}

int record_post(int socket, const void *record, size_t bytes, const int *fds, size_t fd_count, struct err *err) {
    return send_flagged(socket, MSG_DONTWAIT, record, bytes, fds, fd_count, err);
}

static void close_all(const int *fds, size_t count) {
    for (size_t i = 0; i < count; i++)
        close(fds[i]);
}

// Collects what came beside the record; more than max_fds are closed and reported as too many.
static bool take_fds(struct msghdr *message, int *fds, size_t max_fds, size_t *ret_count) {
    bool fit = !(message->msg_flags & MSG_CTRUNC);
    size_t taken = 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
            if (taken < max_fds) {
                fds[taken++] = fd;
            } else {
                close(fd);
                fit = false;
            }
        }
    }
    *ret_count = taken;
    return fit;
}

static int receive(int socket, int flags, void *record, size_t bytes, int *fds, size_t max_fds, size_t *ret_fd_count,
                   struct err *err) {
    union control control;
    struct iovec part = {.iov_base = record, .iov_len = bytes};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    ssize_t got;
    // A peer that died with unread records is told once by ECONNRESET, before what it had sent itself.
    do
        got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | flags);
    while (got < 0 && (errno == EINTR || errno == ECONNRESET));
    if (got < 0 && errno == EAGAIN && flags & MSG_PEEK)
        return 0;
    if (got < 0)
        return err_sys(err, REASON_INFRA, "receiving a record");
    size_t count = 0;
    bool fit = take_fds(&message, fds, max_fds, &count);
    if (got == 0 && count == 0 && fit)
        return 0;
    if (!fit || (size_t)got != bytes || message.msg_flags & MSG_TRUNC) {
        close_all(fds, count);
        return err_set(err, REASON_BUG, "a record of %zu bytes was expected, %zd bytes with %zu descriptors came%s",
                       bytes, got, count, message.msg_flags & MSG_TRUNC ? " (cut)" : "");
    }
    if (ret_fd_count)
        *ret_fd_count = count;
    else
        close_all(fds, count);
    return 1;
}

int record_receive(int socket, void *record, size_t bytes, int *fds, size_t max_fds, size_t *ret_fd_count,
                   struct err *err) {
    return receive(socket, 0, record, bytes, fds, max_fds, ret_fd_count, err);
}

int record_peek(int socket, void *record, size_t bytes, int *fds, size_t max_fds, size_t *ret_fd_count,
                struct err *err) {
    return receive(socket, MSG_PEEK | MSG_DONTWAIT, record, bytes, fds, max_fds, ret_fd_count, err);
}
