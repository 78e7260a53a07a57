// SPDX-License-Identifier: Apache-2.0
#include "quern/write.h"

#include <errno.h>
#include <unistd.h>

int write_all(int fd, const void *bytes, size_t count) {
    const char *at = bytes;
    while (count > 0) {
        ssize_t written = write(fd, at, count);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -1;
        at += written;
        count -= (size_t)written;
    }
    return 0;
}
