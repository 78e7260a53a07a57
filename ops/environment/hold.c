// SPDX-License-Identifier: Apache-2.0
// A shared lock on the directory of a virtual environment, which is two above its interpreter.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "quern/environment.h"
#include "quern/own.h"

static bool cut_last(char *path) {
    char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return false;
    *slash = '\0';
    return true;
}

static bool is_virtual(const char *directory) {
    char path[ENVIRONMENT_PATH_BYTES + sizeof "/pyvenv.cfg"];
    struct stat status;
    snprintf(path, sizeof path, "%s/pyvenv.cfg", directory);
    return stat(path, &status) == 0;
}

int environment_hold(const struct environment *environment, int *ret_fd, struct err *err) {
    char directory[ENVIRONMENT_PATH_BYTES];
    *ret_fd = -1;
    snprintf(directory, sizeof directory, "%s", environment->python);
    for (int above = 0; above < 2; above++)
        if (!cut_last(directory))
            return 0;
    if (!is_virtual(directory))
        return 0;
    auto_fd int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) // nobody who may not read it could have made it
        return 0;
    if (flock(fd, LOCK_SH | LOCK_NB) == 0)
        *ret_fd = steal_fd(&fd);
    else if (errno == EWOULDBLOCK)
        return err_set(err, REASON_CONFIG, "environment %s: it is being removed: %s", environment->name, directory);
    return 0;
}
