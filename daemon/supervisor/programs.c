// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "peers.h"

static int own_dir(char *dir, size_t bytes, struct err *err) {
    ssize_t used = readlink("/proc/self/exe", dir, bytes - 1);
    if (used < 0)
        return err_sys(err, REASON_INFRA, "readlink /proc/self/exe");
    dir[used] = '\0';
    char *slash = strrchr(dir, '/');
    if (slash)
        *slash = '\0';
    return 0;
}

int program_path(const char *name, char *path, size_t bytes, struct err *err) {
    char dir[4096];
    TRY(own_dir(dir, sizeof dir, err));
    int used = snprintf(path, bytes, "%s/%s", dir, name);
    if (used > 0 && (size_t)used < bytes && access(path, X_OK) == 0)
        return 0;
    used = snprintf(path, bytes, "%s/../libexec/quern/%s", dir, name);
    if (used > 0 && (size_t)used < bytes && access(path, X_OK) == 0)
        return 0;
    return err_set(err, REASON_CONFIG, "%s is neither in %s nor in %s/../libexec/quern", name, dir, dir);
}
