// SPDX-License-Identifier: Apache-2.0
#include "left.h"

#include <fcntl.h>

#include "kept.h"
#include "quern/own.h"
#include "walk.h"

struct left {
    struct attempt *attempt;
    uint64_t bytes;                     /* of what is kept */
    uint32_t beyond_count, beyond_size; /* files that are left out */
};

static bool is_wanted(void *context, const char *path, bool directory) {
    (void)context;
    (void)path;
    (void)directory;
    return true;
}

static void skip(void *context, const char *path) {
    struct left *left = context;
    report_warning(&left->attempt->report, "%s: not a regular file that can be read, left out", path);
}

// A name that cannot be one of a job's files costs this file alone.
static int keep(struct left *left, const char *path, int fd, struct err *err) {
    struct err why;
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (own < 0)
        return err_sys(err, REASON_INFRA, "a descriptor of %.200s", path);
    if (kept_file(left->attempt, path, own, &why) == 0)
        return 0;
    if (why.reason != REASON_BAD_RESULT)
        return err_set(err, (enum reason)why.reason, "%s", why.msg);
    report_warning(&left->attempt->report, "left out: %.900s", why.msg);
    return 0;
}

static int take(void *context, const char *path, int fd, const struct stat *status, struct err *err) {
    struct left *left = context;
    const struct job_limits *limits = &left->attempt->job.limits;
    uint64_t bytes = (uint64_t)status->st_size;
    if (left->attempt->file_count >= limits->files) {
        left->beyond_count++;
        return 0;
    }
    if (bytes > limits->files_bytes - left->bytes) {
        left->beyond_size++;
        return 0;
    }
    left->bytes += bytes;
    return keep(left, path, fd, err);
}

static int find_below(struct left *left, struct walk *walk, const char *name, struct err *err) {
    auto_fd int dir = walk_enter(left->attempt->work_dir, name);
    return dir < 0 ? 0 : walk_files(walk, dir, name, err);
}

int left_find(struct attempt *attempt, struct err *err) {
    struct left left = {.attempt = attempt};
    char text[LIMITS_TEXT_BYTES];
    struct walk walk = {.wants = is_wanted, .take = take, .skip = skip, .context = &left};
    TRY(find_below(&left, &walk, "outputs", err));
    TRY(find_below(&left, &walk, "logs", err));
    if (walk.entries > WALK_MAX_ENTRIES)
        report_warning(&attempt->report, "outputs and logs have more than %u entries: files beyond were not looked at",
                       WALK_MAX_ENTRIES);
    if (left.beyond_count)
        report_warning(&attempt->report, "%u files of outputs and logs beyond the limit of %u were left out (--files)",
                       left.beyond_count, attempt->job.limits.files);
    if (left.beyond_size)
        report_warning(&attempt->report,
                       "%u files of outputs and logs beyond the limit of %s were left out (--files-size)",
                       left.beyond_size, limits_show_bytes(attempt->job.limits.files_bytes, text));
    return 0;
}
