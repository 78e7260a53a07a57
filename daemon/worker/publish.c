// SPDX-License-Identifier: Apache-2.0
/* Step publish: encode the results, which step collect has had checked, and lay everything ready; nothing is visible
 * before step complete. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "attempt.h"
#include "quern/memory.h"
#include "quern/own.h"
#include "quern/visualization.h"

static struct manifest_output *new_output(struct attempt *attempt, const char *port) {
    struct manifest_output *output = &attempt->manifest.outputs[attempt->manifest.output_count++];
    *output = (struct manifest_output){0};
    snprintf(output->port, sizeof output->port, "%s", port);
    return output;
}

// An object is published as it is, a dataset encoded.
static int publish_bytes(struct attempt *attempt, uint32_t index, struct manifest_output *output, struct err *err) {
    const struct attempt_result *result = &attempt->results[index];
    char file[HOST_NAME_BYTES + 16];
    if (result->kind == OBJECT_DATASET) {
        output->segment_bytes = result->segment_bytes;
        return attempt->delivery->kind->result(attempt, index, output, err);
    }
    output->bytes = result->segment_bytes;
    object_file_name(result->kind, result->port, file, sizeof file);
    return attempt->delivery->kind->object(attempt, file, result->segment, output, err);
}

static int publish_result(struct attempt *attempt, uint32_t index, struct err *err) {
    const struct attempt_result *result = &attempt->results[index];
    struct manifest_output *output = new_output(attempt, result->port);
    output->rows = result->rows;
    output->columns = result->columns;
    output->kind = result->kind;
    if (publish_bytes(attempt, index, output, err) == 0)
        return 0;
    attempt->manifest.output_count--;
    return -1;
}

// ---- the device JSON ----

struct mapped {
    struct picture pictures[CODEC_MAX_PICTURES];
    uint32_t count;
    struct picture out, err;
};

static int map_file(int fd, struct picture *ret, struct err *err) {
    struct stat status;
    *ret = (struct picture){0};
    if (fd < 0)
        return 0;
    if (fstat(fd, &status) < 0)
        return err_sys(err, REASON_INFRA, "fstat");
    if (status.st_size == 0)
        return 0;
    void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        return err_sys(err, REASON_INFRA, "mmap of %lld bytes", (long long)status.st_size);
    *ret = (struct picture){bytes, (size_t)status.st_size};
    return 0;
}

static void unmap(const struct picture *file) {
    if (file->bytes)
        munmap((void *)(uintptr_t)file->bytes, file->count);
}

static int map_all(const struct attempt *attempt, struct mapped *mapped, struct err *err) {
    for (uint32_t i = 0; i < attempt->picture_count; i++)
        if (attempt->pictures[i].joined)
            TRY(map_file(attempt->pictures[i].fd, &mapped->pictures[mapped->count++], err));
    TRY(map_file(attempt->out.file, &mapped->out, err));
    return map_file(attempt->err.file, &mapped->err, err);
}

static int write_device_json(const struct attempt *attempt, int output, struct err *err) {
    struct mapped mapped = {0};
    int result = map_all(attempt, &mapped, err);
    if (result == 0)
        result = device_json_write(mapped.pictures, mapped.count, (const char *)mapped.out.bytes, mapped.out.count,
                                   (const char *)mapped.err.bytes, mapped.err.count, output, err);
    for (uint32_t i = 0; i < mapped.count; i++)
        unmap(&mapped.pictures[i]);
    unmap(&mapped.out);
    unmap(&mapped.err);
    return result;
}

static int publish_picture(struct attempt *attempt, struct err *err) {
    struct stat status;
    if (fstat(attempt->joined, &status) < 0)
        return err_sys(err, REASON_INFRA, "fstat of the joined picture");
    struct manifest_output *output = new_output(attempt, "visualization");
    output->kind = OBJECT_FILE;
    output->bytes = (uint64_t)status.st_size;
    return attempt->delivery->kind->file(attempt, "visualization.png", attempt->joined, output, err);
}

static int publish_device_json(struct attempt *attempt, struct err *err) {
    if (!attempt->delivery->keeps)
        return 0;
    auto_fd int device = memory_new("quern-device", 0, err);
    TRY(device);
    TRY(write_device_json(attempt, device, err));
    return attempt->delivery->kind->file(attempt, "visualization.json", device, NULL, err);
}

static void warn_of_cut(struct attempt *attempt, const struct spool *spool, const char *file) {
    char limit[LIMITS_TEXT_BYTES];
    report_warning(&attempt->report, "%s: %llu bytes beyond the limit of %s were cut (--output-limit)", file,
                   (unsigned long long)(spool->bytes - spool->limit_bytes),
                   limits_show_bytes(spool->limit_bytes, limit));
}

static int publish_log(struct attempt *attempt, struct spool *spool, const char *file, struct err *err) {
    if (spool->file < 0)
        return 0;
    if (spool_truncated(spool))
        warn_of_cut(attempt, spool, file);
    TRY(spool_finish(spool, err));
    return attempt->delivery->kind->file(attempt, file, spool->file, NULL, err);
}

// ---- what the script kept and wrote ----

static int publish_kept(struct attempt *attempt, struct err *err) {
    struct manifest *manifest = &attempt->manifest;
    manifest->files = attempt->file_count ? calloc(attempt->file_count, sizeof *manifest->files) : NULL;
    if (attempt->file_count && !manifest->files)
        return err_set(err, REASON_INFRA, "out of memory for the names of files");
    for (uint32_t i = 0; i < attempt->file_count; i++) {
        struct manifest_file *file = &manifest->files[i];
        struct stat status;
        snprintf(file->name, sizeof file->name, "%s", attempt->files[i].name);
        if (fstat(attempt->files[i].fd, &status) < 0)
            return err_sys(err, REASON_INFRA, "fstat of %s", file->name);
        file->bytes = (uint64_t)status.st_size;
        file->kind = OBJECT_FILE;
        TRY(attempt->delivery->kind->kept(attempt, attempt->files[i].fd, file, err));
        manifest->file_count++;
    }
    return 0;
}

// What a script hands over as a dataset is no better than what it returns.
static int encode_written(struct attempt *attempt, const struct attempt_file *written, int *ret_fd, struct err *err) {
    struct codec_outcome outcome;
    struct err why = {0};
    auto_fd int file = memory_new("quern-written", 0, err);
    TRY(file);
    if (codec_check(&attempt->codec, written->fd, &outcome, &why) < 0 ||
        codec_encode(&attempt->codec, written->fd, CODEC_CHECKED, file, &outcome, &why) < 0)
        return err_set(err, (enum reason)why.reason, "%.200s: %.800s", written->name, why.msg);
    *ret_fd = steal_fd(&file);
    return 0;
}

static int publish_one(struct attempt *attempt, const struct attempt_file *written, struct manifest_file *file,
                       struct err *err) {
    struct stat status;
    auto_fd int encoded = -1;
    if (written->segment)
        TRY(encode_written(attempt, written, &encoded, err));
    int fd = written->segment ? encoded : written->fd;
    if (fstat(fd, &status) < 0)
        return err_sys(err, REASON_INFRA, "fstat of %s", written->name);
    file->bytes = (uint64_t)status.st_size;
    file->kind = written->segment ? OBJECT_DATASET : OBJECT_BYTES;
    return attempt->delivery->kind->written(attempt, written->name, fd, file, err);
}

static int publish_written(struct attempt *attempt, struct err *err) {
    struct manifest *manifest = &attempt->manifest;
    if (attempt->written_count == 0 || attempt->verdict.reason)
        return 0;
    manifest->written = calloc(attempt->written_count, sizeof *manifest->written);
    if (!manifest->written)
        return err_set(err, REASON_INFRA, "out of memory for the names of keys");
    for (uint32_t i = 0; i < attempt->written_count; i++) {
        TRY(publish_one(attempt, &attempt->written[i], &manifest->written[i], err));
        manifest->written_count++;
    }
    return 0;
}

int step_publish(struct attempt *attempt, struct err *err) {
    struct manifest *manifest = &attempt->manifest;
    manifest->stdout_bytes = attempt->out.bytes;
    manifest->stderr_bytes = attempt->err.bytes;
    manifest->stdout_truncated = spool_truncated(&attempt->out);
    manifest->stderr_truncated = spool_truncated(&attempt->err);
    TRY(publish_log(attempt, &attempt->out, "stdout.txt", err));
    TRY(publish_log(attempt, &attempt->err, "stderr.txt", err));
    if (attempt->joined >= 0)
        TRY(publish_picture(attempt, err));
    TRY(publish_device_json(attempt, err));
    TRY(publish_kept(attempt, err));
    for (uint32_t i = 0; i < attempt->result_count && !attempt->verdict.reason; i++)
        TRY(publish_result(attempt, i, err));
    return publish_written(attempt, err);
}
