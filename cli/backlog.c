// SPDX-License-Identifier: Apache-2.0
#include "cli/backlog.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "quern/own.h"

enum { FIRST_BYTES = 65536 };

// O_NONBLOCK belongs to the open file, which the shell and the other writers of a pipe share: only a second open file of
// the same pipe or terminal may have it. It can be denied, as after a change of user.
static int open_again(int fd) {
    char path[32];
    struct stat status;
    if (fstat(fd, &status) < 0 || !(S_ISFIFO(status.st_mode) || isatty(fd)))
        return -1;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

// What a pipe with room for anything takes without waiting is PIPE_BUF.
static ssize_t write_now(const struct backlog *backlog, const char *bytes, size_t count) {
    if (backlog->fd >= 0)
        return write(backlog->fd, bytes, count);
    struct pollfd target = {.fd = fileno(backlog->target), .events = POLLOUT};
    if (poll(&target, 1, 0) <= 0)
        return -1;
    return write(target.fd, bytes, count < PIPE_BUF ? count : PIPE_BUF);
}

void backlog_drop(struct backlog *backlog) { backlog->sent = backlog->used = 0; }

// An error waits with the rest: backlog_close() meets it again.
void backlog_push(struct backlog *backlog) {
    while (backlog->sent < backlog->used) {
        ssize_t written = write_now(backlog, backlog->bytes + backlog->sent, backlog->used - backlog->sent);
        if (written <= 0)
            return;
        backlog->sent += (size_t)written;
    }
    backlog_drop(backlog);
}

bool backlog_waits(const struct backlog *backlog) { return backlog->sent < backlog->used; }

static void wait_for_reader(struct backlog *backlog) {
    if (backlog_waits(backlog))
        fwrite(backlog->bytes + backlog->sent, 1, backlog->used - backlog->sent, backlog->target);
    fflush(backlog->target);
    backlog_drop(backlog);
}

static bool make_room(struct backlog *backlog, size_t count) {
    size_t room = backlog->room ? backlog->room : FIRST_BYTES;
    while (room - backlog->used < count)
        if (__builtin_mul_overflow(room, 2, &room))
            return false;
    if (room == backlog->room)
        return true;
    char *grown = realloc(backlog->bytes, room);
    if (!grown)
        return false;
    backlog->bytes = grown;
    backlog->room = room;
    return true;
}

static ssize_t on_write(void *cookie, const char *bytes, size_t count) {
    struct backlog *backlog = cookie;
    if (!make_room(backlog, count)) {
        wait_for_reader(backlog);
        return (ssize_t)fwrite(bytes, 1, count, backlog->target);
    }
    memcpy(backlog->bytes + backlog->used, bytes, count);
    backlog->used += count;
    backlog_push(backlog);
    return (ssize_t)count;
}

FILE *backlog_open(struct backlog *backlog, FILE *target) {
    *backlog = (struct backlog){.target = target, .fd = -1};
    if (fileno(target) < 0)
        return target;
    backlog->file = fopencookie(backlog, "w", (cookie_io_functions_t){.write = on_write});
    if (!backlog->file)
        return target;
    fflush(target);
    backlog->fd = open_again(fileno(target));
    return backlog->file;
}

void backlog_close(struct backlog *backlog) {
    if (!backlog->file)
        return;
    fclose(backlog->file);
    backlog->file = NULL;
    wait_for_reader(backlog);
    own_close(&backlog->fd);
    free(backlog->bytes);
    backlog->bytes = NULL;
}

bool backlog_same_reader(FILE *one, FILE *other) {
    struct stat first, second;
    if (one == other)
        return true;
    if (fileno(one) < 0 || fileno(other) < 0 || fstat(fileno(one), &first) < 0 || fstat(fileno(other), &second) < 0)
        return false;
    bool waits = S_ISFIFO(first.st_mode) || S_ISSOCK(first.st_mode) || isatty(fileno(one));
    return waits && first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}
