// SPDX-License-Identifier: Apache-2.0
#include "cgroup_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "quern/own.h"

int cgroup_write(int group, const char *file, const char *text, struct err *err) {
    auto_fd int fd = openat(group, file, O_WRONLY | O_CLOEXEC);
    size_t length = strlen(text);
    if (fd < 0 || write(fd, text, length) != (ssize_t)length)
        return err_sys(err, REASON_INFRA, "writing '%s' to %s of a cgroup", text, file);
    return 0;
}

int cgroup_write_number(int group, const char *file, uint64_t number, struct err *err) {
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    return cgroup_write(group, file, text, err);
}

void cgroup_read(int group, const char *file, char *ret, size_t bytes) {
    auto_fd int fd = openat(group, file, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, ret, bytes - 1);
    ret[got < 0 ? 0 : got] = '\0';
}

static bool number_at(const char *text, uint64_t *ret) {
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (errno || end == text || (*end != '\n' && *end != '\0'))
        return false;
    *ret = number;
    return true;
}

bool cgroup_figure(const char *text, const char *key, uint64_t *ret) {
    size_t length = strlen(key);
    if (length == 0)
        return number_at(text, ret);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, length) == 0 && line[length] == ' ')
            return number_at(line + length + 1, ret);
    }
    return false;
}
