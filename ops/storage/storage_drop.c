// SPDX-License-Identifier: Apache-2.0
#include "storage_drop.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "quern/own.h"
#include "quern/storage.h"
#include "quern/utf8.h"

enum { CHUNK_BYTES = 1 << 30 };

static void reach(const struct storage_drop *drop) {
    if (drop->checkpoint)
        drop->checkpoint(drop->context);
}

// mkdir -p, with the user's umask. 1: the last one is new.
static int make_dirs(const char *path, struct err *err) {
    char copy[PATH_MAX];
    if (snprintf(copy, sizeof copy, "%s", path) >= (int)sizeof copy)
        return err_set(err, REASON_BAD_INPUT, "%.100s...: expected a path of at most %d bytes", path, PATH_MAX - 1);
    for (char *slash = strchr(copy + 1, '/'); copy[0] && slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(copy, 0777) < 0 && errno != EEXIST)
            return err_sys(err, temp_reason(), "%s: making the directory", copy);
        *slash = '/';
    }
    if (mkdir(path, 0777) == 0)
        return 1;
    return errno == EEXIST ? 0 : err_sys(err, temp_reason(), "%s: making the directory", path);
}

int storage_drop_open(const char *dir, struct storage_drop **ret, struct err *err) {
    int made = make_dirs(dir, err);
    TRY(made);
    auto_fd int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOTDIR)
        return err_set(err, REASON_BAD_INPUT, "%s: expected a directory, found a file", dir);
    if (fd < 0)
        return err_sys(err, REASON_INFRA, "%s: opening the directory", dir);
    struct storage_drop *drop = calloc(1, sizeof *drop);
    if (!drop)
        return err_set(err, REASON_INFRA, "%s: out of memory", dir);
    *drop = (struct storage_drop){.path = strdup(dir), .dir = steal_fd(&fd), .made = made == 1};
    if (!drop->path) {
        storage_drop_close(drop);
        return err_set(err, REASON_INFRA, "%s: out of memory", dir);
    }
    *ret = drop;
    return 0;
}

// Parts between `/`, none of them empty, `.` or `..`.
static bool is_path_below(const char *name) {
    for (const char *part = name;; part++) {
        size_t bytes = strcspn(part, "/");
        if (bytes == 0 || bytes > NAME_MAX || (part[0] == '.' && (bytes == 1 || (bytes == 2 && part[1] == '.'))))
            return false;
        part += bytes;
        if (!*part)
            return true;
    }
}

static int name_check(const struct storage_drop *drop, const char *name, struct err *err) {
    size_t bytes = strnlen(name, DROP_NAME_BYTES);
    if (bytes == DROP_NAME_BYTES || !utf8_printable(name, bytes) || !is_path_below(name))
        return err_set(err, REASON_BAD_INPUT,
                       "%s: expected a file name or a path below, parts of 1 to 255 bytes, found \"%.255s\"",
                       drop->path, utf8_printable(name, bytes) ? name : "?");
    for (size_t i = 0; i < drop->count; i++)
        if (strcmp(drop->files[i].name, name) == 0)
            return err_set(err, REASON_BAD_INPUT, "%s/%s: expected this name once, found it twice", drop->path, name);
    return 0;
}

static int copy(int source, int target, struct err *err) {
    off_t done = 0;
    for (;;) {
        ssize_t sent = sendfile(target, source, &done, CHUNK_BYTES);
        if (sent == 0)
            return 0;
        if (sent < 0 && errno != EINTR)
            return err_sys(err, temp_reason(), "copying, after %lld bytes", (long long)done);
    }
}

// The file's name stands in front of what went wrong with it, behind a full disk what can be done.
static int blame(const struct storage_drop *drop, const char *name, const struct err *fault, struct err *err) {
    bool full = fault->reason == REASON_UNWRITABLE;
    err_set(err, (enum reason)fault->reason, "%s/%s: %.400s%s", drop->path, name, fault->msg,
            full ? "; free space there, or name another directory" : "");
    if (err)
        err->sys = fault->sys;
    return -1;
}

static int grow(struct storage_drop *drop, struct err *err) {
    if (drop->count == DROP_MAX_FILES)
        return err_set(err, REASON_BAD_INPUT, "%s: expected at most %u files, found more", drop->path, DROP_MAX_FILES);
    struct storage_drop_file *grown = reallocarray(drop->files, drop->count + 1, sizeof *grown);
    if (!grown)
        return err_set(err, REASON_INFRA, "%s: out of memory", drop->path);
    drop->files = grown;
    return 0;
}

static void keep(struct storage_drop *drop, const char *name, const struct temp *temp) {
    struct storage_drop_file *file = &drop->files[drop->count++];
    snprintf(file->name, sizeof file->name, "%s", name);
    file->temp = *temp;
}

int storage_drop_file(struct storage_drop *drop, const char *file_name, int *ret_fd, struct err *err) {
    struct err fault;
    struct temp temp;
    TRY(name_check(drop, file_name, err));
    TRY(grow(drop, err));
    if (temp_open(drop->dir, 0666, drop->named_temps, &temp, &fault) < 0)
        return blame(drop, file_name, &fault, err);
    keep(drop, file_name, &temp);
    *ret_fd = temp.fd;
    return 0;
}

// Emptied, because whoever filled it may hold it a moment longer, and the disk may be full.
int storage_drop_undo(struct storage_drop *drop, const struct err *fault, struct err *err) {
    struct storage_drop_file *file = &drop->files[--drop->count];
    (void)!ftruncate(file->temp.fd, 0);
    temp_close(&file->temp);
    return blame(drop, file->name, fault, err);
}

int storage_drop_add(struct storage_drop *drop, const char *file_name, int source_fd, struct err *err) {
    struct err fault;
    TRY(name_check(drop, file_name, err));
    TRY(grow(drop, err));
    auto_temp struct temp temp = {.fd = -1};
    if (temp_open(drop->dir, 0666, drop->named_temps, &temp, &fault) < 0 || copy(source_fd, temp.fd, &fault) < 0)
        return blame(drop, file_name, &fault, err);
    reach(drop);
    keep(drop, file_name, &temp);
    temp = (struct temp){.fd = -1};
    return 0;
}

static bool is_directory(int dir, const char *name) {
    struct stat status;
    return fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

static int remove_at(const struct storage_drop *drop, int dir, const char *name, struct err *err) {
    if (is_directory(dir, name) || unlinkat(dir, name, 0) == 0 || errno == ENOENT)
        return 0;
    return err_sys(err, REASON_INFRA, "%s/%s: removing the old file", drop->path, name);
}

static int remove_name(const struct storage_drop *drop, const char *name, struct err *err) {
    return remove_at(drop, drop->dir, name, err);
}

static int remove_stale(const struct storage_drop *drop, const char *const *stale, struct err *err) {
    for (; stale && *stale; stale++) {
        bool kept = strchr(*stale, '/') != NULL;
        for (size_t i = 0; i < drop->count; i++)
            kept = kept || strcmp(drop->files[i].name, *stale) == 0;
        if (!kept)
            TRY(remove_name(drop, *stale, err));
    }
    return 0;
}

// The directory of a file, made where it is missing; what somebody linked elsewhere is refused. *ret_base: the file's name
// in it.
static int open_way(const struct storage_drop *drop, const char *name, const char **ret_base, struct err *err) {
    auto_fd int dir = openat(drop->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const char *slash;
    for (; dir >= 0 && (slash = strchr(name, '/')); name = slash + 1) {
        char part[DROP_NAME_BYTES];
        snprintf(part, sizeof part, "%.*s", (int)(slash - name), name);
        if (mkdirat(dir, part, 0777) < 0 && errno != EEXIST)
            return err_sys(err, temp_reason(), "%s: making the directory %s", drop->path, part);
        int below = openat(dir, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (below < 0)
            return err_sys(err, temp_reason(), "%s: opening the directory %s", drop->path, part);
        close(dir);
        dir = below;
    }
    if (dir < 0)
        return err_sys(err, temp_reason(), "%s: opening the directory", drop->path);
    *ret_base = name;
    return steal_fd(&dir);
}

// Removed and named anew, not renamed over: a nameless file would need a second name for that, which a death in between
// left behind. The one that vouches is gone already, so that nobody relies on the old file.
static int show(const struct storage_drop *drop, struct storage_drop_file *file, struct err *err) {
    const char *base = file->name;
    auto_fd int dir = open_way(drop, file->name, &base, err);
    TRY(dir);
    TRY(remove_at(drop, dir, base, err));
    if (temp_link_at(&file->temp, dir, base) < 0)
        return err_sys(err, temp_reason(), "%s/%s: naming the file", drop->path, file->name);
    reach(drop);
    // That of the drop is waited for once, by who shows the last file.
    return base == file->name ? 0 : temp_sync(dir, file->name, err);
}

// The kernel is told of all files before the first one is waited for.
static int sync_files(const struct storage_drop *drop, struct err *err) {
    struct err fault;
    for (size_t i = 0; i < drop->count; i++)
        (void)!sync_file_range(drop->files[i].temp.fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    for (size_t i = 0; i < drop->count; i++)
        if (temp_sync(drop->files[i].temp.fd, "the file", &fault) < 0)
            return blame(drop, drop->files[i].name, &fault, err);
    return 0;
}

// Of two runs that end at the same time in one directory the later one's files stay, all of them. Closing unlocks.
static int lock(const struct storage_drop *drop, struct err *err) {
    while (flock(drop->dir, LOCK_EX) < 0)
        if (errno != EINTR)
            return err_sys(err, REASON_INFRA, "%s: locking the directory", drop->path);
    return 0;
}

// The last file vouches for the others: an old one goes first, so that it never stands beside files of another run.
int storage_drop_commit(struct storage_drop *drop, const char *const *stale, struct err *err) {
    for (size_t i = 0; i < drop->count; i++)
        if (is_directory(drop->dir, drop->files[i].name))
            return err_set(err, REASON_BAD_INPUT, "%s/%s: expected a file or nothing, found a directory", drop->path,
                           drop->files[i].name);
    TRY(sync_files(drop, err));
    TRY(lock(drop, err));
    reach(drop);
    drop->committed = true;
    if (drop->count > 1)
        TRY(remove_name(drop, drop->files[drop->count - 1].name, err));
    TRY(remove_stale(drop, stale, err));
    reach(drop);
    for (size_t i = 0; i < drop->count; i++) {
        if (i + 1 == drop->count)
            TRY(temp_sync(drop->dir, drop->path, err));
        TRY(show(drop, &drop->files[i], err));
    }
    return temp_sync(drop->dir, drop->path, err);
}

void storage_drop_close(struct storage_drop *drop) {
    if (!drop)
        return;
    for (size_t i = 0; i < drop->count; i++)
        temp_close(&drop->files[i].temp);
    close(drop->dir);
    if (drop->path && drop->made && !drop->committed)
        rmdir(drop->path);
    free(drop->files);
    free(drop->path);
    free(drop);
}
