// SPDX-License-Identifier: Apache-2.0
#include "cli/up_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/places.h"
#include "quern/own.h"

int up_place_find(struct up_place *ret, struct refusal *refusal) {
    char directory[PATH_MAX];
    TRY(places_up(directory, refusal));
    if (strlen(directory) >= sizeof ret->directory)
        return refuse(refusal, REASON_CONFIG, "XDG_STATE_HOME: expected a shorter path");
    memcpy(ret->directory, directory, strlen(directory) + 1);
    return 0;
}

const char *up_place_file(const struct up_place *place, const char *name, char path[PATH_MAX]) {
    snprintf(path, PATH_MAX, "%s/%s", place->directory, name);
    return path;
}

static int make_private(const char *path, struct refusal *refusal) {
    struct stat status;
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return refuse(refusal, REASON_CONFIG, "%s: %s", path, strerror(errno));
    if (lstat(path, &status) < 0 || !S_ISDIR(status.st_mode) || status.st_uid != geteuid())
        return refuse(refusal, REASON_CONFIG, "%s: expected a directory of yours", path);
    if (chmod(path, 0700) < 0)
        return refuse(refusal, REASON_CONFIG, "%s: %s", path, strerror(errno));
    return 0;
}

int up_place_make(const struct up_place *place, struct refusal *refusal) {
    char path[PATH_MAX];
    struct sockaddr_un address;
    if (strlen(up_place_file(place, "redis.sock", path)) >= sizeof address.sun_path) {
        refuse(refusal, REASON_CONFIG, "%s: the path of a socket has at most %zu bytes", path,
               sizeof address.sun_path - 1);
        refusal_advise(refusal, "name a shorter directory: export XDG_STATE_HOME=/tmp/state");
        return -1;
    }
    snprintf(path, sizeof path, "%s", place->directory);
    *strrchr(path, '/') = '\0';
    TRY(places_make(path, refusal));
    TRY(make_private(place->directory, refusal));
    TRY(make_private(up_place_file(place, "data", path), refusal));
    return make_private(up_place_file(place, "environments", path), refusal);
}

static int no_lock(const char *path, struct refusal *refusal) {
    return refuse(refusal, REASON_CONFIG, "%s: %s", path, strerror(errno));
}

int up_place_holder(const struct up_place *place, pid_t *ret, struct refusal *refusal) {
    char path[PATH_MAX];
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    auto_fd int fd = open(up_place_file(place, "lock", path), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    *ret = 0;
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? 0 : no_lock(path, refusal);
    if (fcntl(fd, F_GETLK, &lock) < 0)
        return no_lock(path, refusal);
    *ret = lock.l_type == F_UNLCK ? 0 : lock.l_pid;
    return 0;
}

int up_place_hold(const struct up_place *place, int *ret_fd, struct refusal *refusal) {
    char path[PATH_MAX];
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    auto_fd int fd = open(up_place_file(place, "lock", path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return no_lock(path, refusal);
    if (fcntl(fd, F_SETLK, &lock) < 0) {
        if (errno != EACCES && errno != EAGAIN)
            return no_lock(path, refusal);
        refuse(refusal, REASON_CONFIG, "`quern up` runs already in %s", place->directory);
        refusal_advise(refusal, "stop it: quern down");
        return -1;
    }
    *ret_fd = steal_fd(&fd);
    return 0;
}
