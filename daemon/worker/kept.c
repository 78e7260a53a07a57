// SPDX-License-Identifier: Apache-2.0
#include "kept.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "attempt.h"
#include "quern/own.h"

static struct attempt_file *find(struct attempt_file *files, uint32_t count, const char *name) {
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(files[i].name, name) == 0)
            return &files[i];
    return NULL;
}

static void file_done(struct attempt_file *file) {
    free(file->name);
    own_close(&file->fd);
}

static int no_memory(struct err *err) { return err_set(err, REASON_INFRA, "out of memory for what a script keeps"); }

// The last one of a name counts.
static int keep(struct attempt_file **files, uint32_t *count, const struct attempt_file *made, struct err *err) {
    struct attempt_file *old = find(*files, *count, made->name);
    char *name = strdup(made->name);
    struct attempt_file *grown = old ? *files : reallocarray(*files, *count + 1, sizeof **files);
    if (grown)
        *files = grown;
    if (!name || !grown) {
        free(name);
        return no_memory(err);
    }
    if (old)
        file_done(old);
    else
        old = &grown[(*count)++];
    *old = *made;
    old->name = name;
    return 0;
}

// A name becomes the end of a key and a path below a directory of the user's.
static int check_name(const char *name, struct err *err) {
    struct err why;
    if (*name == '/' || strlen(name) >= HOST_NAME_BYTES || strchr(name, ':') || storage_key_check(name, &why) < 0)
        return err_set(err, REASON_BAD_RESULT,
                       "'%.80s' is not a name for a file: expected a relative path of at most %d bytes without control "
                       "characters and { } [ ] * ? %% \\ :",
                       name, HOST_NAME_BYTES - 1);
    return 0;
}

// One file's path cannot be another one's directory.
static int check_places(const struct attempt *attempt, const char *name, struct err *err) {
    size_t bytes = strlen(name);
    for (uint32_t i = 0; i < attempt->file_count; i++) {
        const char *other = attempt->files[i].name;
        size_t shorter = strlen(other) < bytes ? strlen(other) : bytes;
        if (strlen(other) != bytes && strncmp(other, name, shorter) == 0 &&
            (other[shorter] == '/' || name[shorter] == '/'))
            return err_set(err, REASON_BAD_RESULT, "'%.80s' cannot be kept beside '%.80s': a file is no directory",
                           name, other);
    }
    return 0;
}

int kept_file(struct attempt *attempt, const char *name, int fd, struct err *err) {
    auto_fd int file = fd;
    TRY(check_name(name, err));
    TRY(check_places(attempt, name, err));
    if (attempt->file_count >= attempt->job.limits.files && !find(attempt->files, attempt->file_count, name))
        return err_set(err, REASON_BAD_RESULT, "this job keeps at most %u files (--files); put more into one archive",
                       attempt->job.limits.files);
    TRY(keep(&attempt->files, &attempt->file_count, &(struct attempt_file){.name = (char *)(uintptr_t)name, .fd = file},
             err));
    steal_fd(&file);
    return 0;
}

int kept_key(struct attempt *attempt, const char *key, int fd, bool segment, struct err *err) {
    auto_fd int file = fd;
    if (attempt->written_count == MANIFEST_MAX_WRITTEN && !kept_find(attempt, key))
        return err_set(err, REASON_BAD_RESULT, "a script writes at most %u keys", MANIFEST_MAX_WRITTEN);
    TRY(keep(&attempt->written, &attempt->written_count,
             &(struct attempt_file){.name = (char *)(uintptr_t)key, .fd = file, .segment = segment}, err));
    steal_fd(&file);
    return 0;
}

const struct attempt_file *kept_find(const struct attempt *attempt, const char *key) {
    return find(attempt->written, attempt->written_count, key);
}

bool kept_forget(struct attempt *attempt, const char *key) {
    struct attempt_file *file = find(attempt->written, attempt->written_count, key);
    if (!file)
        return false;
    file_done(file);
    *file = attempt->written[--attempt->written_count];
    return true;
}

static uint64_t bytes_of(const struct attempt_file *files, uint32_t count, const char *name) {
    uint64_t bytes = 0;
    struct stat status;
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(files[i].name, name) != 0 && fstat(files[i].fd, &status) == 0)
            bytes += (uint64_t)status.st_size;
    return bytes;
}

uint64_t kept_bytes(const struct attempt *attempt, const char *name) {
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < attempt->result_count; i++)
        bytes += attempt->results[i].segment_bytes;
    return bytes + bytes_of(attempt->files, attempt->file_count, name) +
           bytes_of(attempt->written, attempt->written_count, name);
}

void kept_done(struct attempt *attempt) {
    for (uint32_t i = 0; i < attempt->file_count; i++)
        file_done(&attempt->files[i]);
    for (uint32_t i = 0; i < attempt->written_count; i++)
        file_done(&attempt->written[i]);
    free(attempt->files);
    free(attempt->written);
}
