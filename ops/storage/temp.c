// SPDX-License-Identifier: Apache-2.0
#include "temp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "quern/dice.h"
#include "quern/write.h"

enum { TRIES = 100 };

static void hidden_name(char name[40]) {
    uint64_t dice = 0;
    dice_throw(&dice, sizeof dice);
    snprintf(name, 40, TEMP_PREFIX "%016llx", (unsigned long long)dice);
}

static int open_named(int dir, mode_t mode, struct temp *temp) {
    for (int i = 0; i < TRIES; i++) {
        hidden_name(temp->name);
        int fd = openat(dir, temp->name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

int temp_open(int dir, mode_t mode, bool named, struct temp *ret, struct err *err) {
    struct temp temp = {.dir = dir, .fd = -1};
    errno = EOPNOTSUPP;
    if (!named)
        temp.fd = openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
    // EISDIR is what kernels and file systems say that know nothing of O_TMPFILE (open(2)).
    if (temp.fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
        temp.fd = open_named(dir, mode, &temp);
    if (temp.fd < 0)
        return err_sys(err, temp_reason(), "a new file");
    *ret = temp;
    return 0;
}

// linkat() by descriptor needs CAP_DAC_READ_SEARCH; by the way of /proc it needs nothing (open(2), O_TMPFILE).
static int link_by_descriptor(const struct temp *temp, int dir, const char *name) {
    char path[40];
    snprintf(path, sizeof path, "/proc/self/fd/%d", temp->fd);
    return linkat(AT_FDCWD, path, dir, name, AT_SYMLINK_FOLLOW);
}

int temp_link_at(struct temp *temp, int dir, const char *name) {
    if (!temp->name[0])
        return link_by_descriptor(temp, dir, name);
    if (renameat2(temp->dir, temp->name, dir, name, RENAME_NOREPLACE) < 0)
        return -1;
    temp->name[0] = '\0';
    return 0;
}

int temp_link(struct temp *temp, const char *name) { return temp_link_at(temp, temp->dir, name); }

int temp_replace(struct temp *temp, const char *name) {
    for (int i = 0; !temp->name[0] && i < TRIES; i++) {
        char hidden[40];
        hidden_name(hidden);
        if (link_by_descriptor(temp, temp->dir, hidden) == 0)
            snprintf(temp->name, sizeof temp->name, "%s", hidden);
        else if (errno != EEXIST)
            return -1;
    }
    if (renameat(temp->dir, temp->name, temp->dir, name) < 0)
        return -1;
    temp->name[0] = '\0';
    return 0;
}

void temp_close(struct temp *temp) {
    if (temp->fd > 0) {
        if (temp->name[0])
            unlinkat(temp->dir, temp->name, 0);
        close(temp->fd);
    }
    *temp = (struct temp){.fd = -1};
}

enum reason temp_reason(void) {
    if (errno == ENOSPC || errno == EDQUOT)
        return REASON_UNWRITABLE;
    return errno == EFBIG ? REASON_LIMIT_DISK : REASON_INFRA;
}

int temp_write(int fd, const void *bytes, size_t count, struct err *err) {
    if (write_all(fd, bytes, count) < 0)
        return err_sys(err, temp_reason(), "writing %zu bytes", count);
    return 0;
}

int temp_sync(int fd, const char *what, struct err *err) {
    return fsync(fd) < 0 ? err_sys(err, temp_reason(), "fsync of %s", what) : 0;
}
