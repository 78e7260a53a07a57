// SPDX-License-Identifier: Apache-2.0
#include "pictures.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "quern/own.h"
#include "walk.h"

struct search {
    struct attempt *attempt;
    uint32_t room, left_out;
};

static bool is_wanted(void *context, const char *path, bool directory) {
    (void)context;
    size_t length = strlen(path);
    if (directory)
        return strcmp(path, "Script Bundle") != 0;
    return length > 4 && path[length - 5] != '/' && strcasecmp(path + length - 4, ".png") == 0;
}

static int keep_picture(void *context, const char *path, int fd, const struct stat *status, struct err *err) {
    struct search *search = context;
    struct attempt *attempt = search->attempt;
    if (attempt->picture_count == search->room) {
        search->left_out++;
        return 0;
    }
    auto_fd int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    auto_free char *name = strdup(path);
    struct attempt_picture *grown =
        realloc(attempt->pictures, (attempt->picture_count + 1) * sizeof *attempt->pictures);
    if (grown)
        attempt->pictures = grown;
    if (!grown || !name || own < 0)
        return err_set(err, REASON_INFRA, "out of memory for pictures");
    grown[attempt->picture_count++] =
        (struct attempt_picture){.name = steal_ptr(&name),
                                 .fd = steal_fd(&own),
                                 .modified_ns = (int64_t)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec};
    return 0;
}

static void skip(void *context, const char *path) {
    const struct search *search = context;
    report_warning(&search->attempt->report, "%s: not a regular file that can be read, left out", path);
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
    struct walk walk = {.wants = is_wanted, .take = keep_picture, .skip = skip, .context = &search};
    TRY(walk_files(&walk, attempt->work_dir, "", err));
    if (walk.entries > WALK_MAX_ENTRIES)
        report_warning(&attempt->report,
                       "the work directory has more than %u entries: pictures beyond were not looked for",
                       WALK_MAX_ENTRIES);
    if (search.left_out)
        report_warning(&attempt->report, "%u pictures beyond the limit of %u were left out (--pictures)",
                       search.left_out, search.room);
    if (attempt->picture_count)
        qsort(attempt->pictures, attempt->picture_count, sizeof *attempt->pictures, by_time_then_name);
    return 0;
}
