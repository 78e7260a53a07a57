// SPDX-License-Identifier: Apache-2.0
#include "cli/up_settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/environments.h"
#include "quern/own.h"

enum { WORKERS_MOST = 8 };

/* ---- what it runs with ---- */

static int find_store(struct up_settings *settings, struct refusal *refusal) {
    char path[PATH_MAX];
    TRY(places_store(path, refusal));
    int bytes = snprintf(settings->store, sizeof settings->store, "file:%s", path);
    return bytes < 0 || (size_t)bytes >= sizeof settings->store
               ? refuse(refusal, REASON_CONFIG, "%s: expected a shorter path", path)
               : 0;
}

static int add_environment(void *context, const struct environments_entry *entry) {
    struct up_settings *settings = context;
    size_t used = strlen(settings->environments);
    if (!*entry->fault)
        snprintf(settings->environments + used, sizeof settings->environments - used, "%s%s", used ? "," : "",
                 entry->environment.name);
    return 0;
}

int up_settings_make(const struct command_line *line, const struct up_place *place, struct up_settings *ret,
                     struct refusal *refusal) {
    const struct given *workers = command_given(line, "--workers"), *queue = command_given(line, "--queue");
    char path[PATH_MAX];
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    *ret = (struct up_settings){.queue = queue ? queue->value : "default"};
    snprintf(ret->url, sizeof ret->url, "unix:%s", up_place_file(place, "redis.sock", path));
    ret->workers = workers                ? (unsigned)workers->number
                   : cores < 1            ? 1
                   : cores > WORKERS_MOST ? WORKERS_MOST
                                          : (unsigned)cores;
    environments_each(add_environment, ret);
    return find_store(ret, refusal);
}

/* ---- quernd.ini ---- */

struct copying {
    const struct up_place *place;
    struct refusal *refusal;
};

static int copy_file(const char *from, const char *to, struct refusal *refusal) {
    struct stat status;
    auto_fd int source = open(from, O_RDONLY | O_CLOEXEC);
    auto_fd int target = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (source < 0 || fstat(source, &status) < 0)
        return refuse(refusal, REASON_CONFIG, "%s: %s", from, strerror(errno));
    if (target < 0 || sendfile(target, source, NULL, (size_t)status.st_size) != status.st_size)
        return refuse(refusal, REASON_CONFIG, "%s: %s", to, strerror(errno));
    return 0;
}

static int copy_environment(void *context, const struct environments_entry *entry) {
    const struct copying *copying = context;
    char name[ENVIRONMENT_NAME_BYTES + 32], path[PATH_MAX];
    if (*entry->fault || !*entry->file)
        return 0;
    snprintf(name, sizeof name, "environments/%s" PLACES_SUFFIX, entry->environment.name);
    return copy_file(entry->file, up_place_file(copying->place, name, path), copying->refusal);
}

int up_settings_write(const struct up_settings *settings, const struct up_place *place, struct refusal *refusal) {
    char path[PATH_MAX];
    struct copying copying = {place, refusal};
    up_place_file(place, "quernd.ini", path);
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    auto_file FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (!file)
        return refuse(refusal, REASON_CONFIG, "%s: %s", path, strerror(errno));
    fprintf(file, "; Written anew by each `quern up`.\n[queue]\nurl = %s\nnames = %s\nlease = 10s\n", settings->url,
            settings->queue);
    fprintf(file, "[store]\nurl = %s\n[workers]\ncount = %u\n", settings->store, settings->workers);
    fprintf(file, "[environments]\nnames = %s\ndirectory = %s/environments\n", settings->environments,
            place->directory);
    fprintf(file, "[http]\nlisten = %s/http.sock\n", place->directory);
    // Its jobs are the user's own: a machine that jails them less well says so in the log and in each record.
    fprintf(file, "[jail]\nrequire = none\n");
    if (fflush(file) != 0)
        return refuse(refusal, REASON_CONFIG, "%s: %s", path, strerror(errno));
    return environments_each(copy_environment, &copying);
}
