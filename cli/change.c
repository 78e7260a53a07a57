// SPDX-License-Identifier: Apache-2.0
#include "cli/change.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "cli/places.h"
#include "cli/venv.h"
#include "quern/own.h"

#define MARK_SUFFIX ".changing"

struct places {
    char mark[PATH_MAX], directory[PATH_MAX], descriptor[PATH_MAX], part[PATH_MAX];
};

static int sync_directory(const char *path) {
    auto_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -1 : fsync(fd);
}

static void place(struct places *ret, const char *made, const char *name) {
    snprintf(ret->mark, sizeof ret->mark, "%.3900s/.%s" MARK_SUFFIX, made, name);
    snprintf(ret->directory, sizeof ret->directory, "%.3900s/%s", made, name);
}

static void place_part(struct places *places) {
    const char *slash = strrchr(places->descriptor, '/');
    int above = slash ? (int)(slash + 1 - places->descriptor) : 0;
    snprintf(places->part, sizeof places->part, "%.*s" CHANGE_PART "%.255s", above, places->descriptor,
             places->descriptor + above);
}

int change_mark(const char *made, const char *name, const char *descriptor, struct refusal *refusal) {
    struct places places;
    place(&places, made, name);
    if (symlink(descriptor, places.mark) == 0 && sync_directory(made) == 0)
        return 0;
    return refuse(refusal, REASON_CONFIG, "%s: %s", places.mark, strerror(errno));
}

static int remove_name(const char *path, struct refusal *refusal) {
    if (unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR)
        return 0;
    return refuse(refusal, REASON_CONFIG, "removing %s: %s", path, strerror(errno));
}

// The mark goes last: until then, what is left is known to be left.
int change_settle(const char *made, const char *name, struct refusal *refusal) {
    struct places places;
    place(&places, made, name);
    ssize_t bytes = readlink(places.mark, places.descriptor, sizeof places.descriptor - 1);
    if (bytes < 0)
        return refuse(refusal, REASON_CONFIG, "%s: %s", places.mark, strerror(errno));
    places.descriptor[bytes] = '\0';
    place_part(&places);
    TRY(remove_name(places.part, refusal));
    if (access(places.descriptor, F_OK) < 0)
        TRY(venv_remove(places.directory, refusal));
    TRY(remove_name(places.mark, refusal));
    return 0;
}

/* ---- what a killed change left ---- */

// NAME of .NAME.changing, in place.
static const char *marked_name(char *file) {
    size_t bytes = strlen(file), own = sizeof MARK_SUFFIX - 1;
    if (bytes <= own + 1 || *file != '.' || strcmp(file + bytes - own, MARK_SUFFIX) != 0)
        return NULL;
    file[bytes - own] = '\0';
    return file + 1;
}

static int settle_all(const char *made, struct refusal *refusal) {
    int settled = 0;
    DIR *files = opendir(made);
    if (!files)
        return refuse(refusal, REASON_CONFIG, "%s: %s", made, strerror(errno));
    for (struct dirent *entry; settled == 0 && (entry = readdir(files));) {
        const char *name = marked_name(entry->d_name);
        if (name)
            settled = change_settle(made, name, refusal);
    }
    closedir(files);
    return settled;
}

int change_begin(const char *made, struct refusal *refusal) {
    TRY(places_make(made, refusal));
    auto_fd int lock = open(made, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock < 0)
        return refuse(refusal, REASON_CONFIG, "%s: %s", made, strerror(errno));
    if (flock(lock, LOCK_EX | LOCK_NB) < 0)
        return refuse(refusal, REASON_INFRA, "%s: another quern changes environments now: try again when it has ended",
                      made);
    TRY(settle_all(made, refusal));
    return steal_fd(&lock);
}
