// SPDX-License-Identifier: Apache-2.0
#include "pictures.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "quern/own.h"

struct search {
    struct attempt *attempt;
    uint32_t entries;
    uint32_t room, left_out;
};

static int open_below(int dir, const char *name, uint64_t flags) {
    struct open_how how = {.flags = flags | O_CLOEXEC,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV};
    return (int)syscall(SYS_openat2, dir, name, &how, sizeof how);
}

static bool is_png_name(const char *name) {
    size_t length = strlen(name);
    return length > 4 && strcasecmp(name + length - 4, ".png") == 0;
}

static int keep_picture(struct search *search, char **name, int *fd, const struct stat *status, struct err *err) {
    struct attempt *attempt = search->attempt;
    if (attempt->picture_count == search->room) {
        search->left_out++;
        return 0;
    }
    struct attempt_picture *grown =
        realloc(attempt->pictures, (attempt->picture_count + 1) * sizeof *attempt->pictures);
    if (!grown)
        return err_set(err, REASON_INFRA, "out of memory for pictures");
    attempt->pictures = grown;
    grown[attempt->picture_count++] =
        (struct attempt_picture){.name = steal_ptr(name),
                                 .fd = steal_fd(fd),
                                 .modified_ns = (int64_t)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec};
    return 0;
}

static int search_dir(struct search *search, int dir, const char *path, int depth, struct err *err);

// O_NONBLOCK: a pipe in place of a picture must not stop us.
static int search_entry(struct search *search, int dir, const char *path, const char *name, int depth,
                        struct err *err) {
    struct stat status;
    auto_free char *full = NULL;
    if (asprintf(&full, "%s%s%s", path, path[0] ? "/" : "", name) < 0)
        return err_set(err, REASON_INFRA, "out of memory for pictures");
    if (fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return 0;
    if (S_ISDIR(status.st_mode)) {
        if (depth == 0 && strcmp(name, "Script Bundle") == 0)
            return 0;
        auto_fd int below = open_below(dir, name, O_RDONLY | O_DIRECTORY);
        return below < 0 ? 0 : search_dir(search, below, full, depth + 1, err);
    }
    if (!is_png_name(name))
        return 0;
    auto_fd int fd = S_ISREG(status.st_mode) ? open_below(dir, name, O_RDONLY | O_NONBLOCK) : -1;
    if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
        report_warning(&search->attempt->report, "%s: not a regular file that can be read, left out", full);
        return 0;
    }
    return keep_picture(search, &full, &fd, &status, err);
}

static int search_dir(struct search *search, int dir, const char *path, int depth, struct err *err) {
    if (depth > PICTURES_MAX_DEPTH)
        return 0;
    int copy = open_below(dir, ".", O_RDONLY | O_DIRECTORY);
    DIR *stream = copy < 0 ? NULL : fdopendir(copy);
    if (!stream) {
        if (copy >= 0)
            close(copy);
        return 0;
    }
    int result = 0;
    for (struct dirent *entry; result == 0 && (entry = readdir(stream));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (++search->entries > PICTURES_MAX_ENTRIES)
            break;
        result = search_entry(search, dir, path, entry->d_name, depth, err);
    }
    closedir(stream);
    return result;
}

static int by_time_then_name(const void *a, const void *b) {
    const struct attempt_picture *one = a, *other = b;
    if (one->modified_ns != other->modified_ns)
        return one->modified_ns < other->modified_ns ? -1 : 1;
    return strcmp(one->name, other->name);
}

int pictures_find(struct attempt *attempt, struct err *err) {
    uint32_t limit = attempt->job.limits.pictures;
    struct search search = {.attempt = attempt, .room = limit < CODEC_MAX_PICTURES ? limit : CODEC_MAX_PICTURES};
    TRY(search_dir(&search, attempt->work_dir, "", 0, err));
    if (search.entries > PICTURES_MAX_ENTRIES)
        report_warning(&attempt->report,
                       "the work directory has more than %u entries: pictures beyond were not looked for",
                       PICTURES_MAX_ENTRIES);
    if (search.left_out)
        report_warning(&attempt->report, "%u pictures beyond the limit of %u were left out", search.left_out,
                       search.room);
    if (attempt->picture_count)
        qsort(attempt->pictures, attempt->picture_count, sizeof *attempt->pictures, by_time_then_name);
    return 0;
}
