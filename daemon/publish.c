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

#define PREVIEW_ROWS 5u

static int preview(struct attempt *attempt, uint32_t index, struct err *err) {
    const struct attempt_result *result = &attempt->results[index];
    struct codec_outcome outcome;
    auto_fd int head = memory_new("quern-head", 0, err);
    TRY(head);
    TRY(codec_head(&attempt->codec, result->segment, CODEC_CHECKED, PREVIEW_ROWS, head, &outcome, err));
    report_preview(&attempt->report, index + 1, result->port, head);
    return 0;
}

static struct manifest_output *new_output(struct attempt *attempt, const char *port, const char *file) {
    struct manifest_output *output = &attempt->manifest.outputs[attempt->manifest.output_count++];
    snprintf(output->port, sizeof output->port, "%s", port);
    if (attempt->output_dir)
        snprintf(output->key, sizeof output->key, "%s", file);
    return output;
}

// Straight into its file: a copy of a large result costs as much as checking it.
static int encode(struct attempt *attempt, struct storage_drop *drop, int segment, const char *file,
                  struct codec_outcome *ret, struct err *err) {
    struct err why;
    int output = -1;
    TRY(storage_drop_file(drop, file, &output, err));
    if (codec_encode(&attempt->codec, segment, CODEC_CHECKED, output, ret, &why) == 0)
        return 0;
    storage_drop_undo(drop);
    err_set(err, (enum reason)why.reason, "%s: %.900s", file, why.msg);
    return -1;
}

static int publish_result(struct attempt *attempt, struct storage_drop *drop, uint32_t index, struct err *err) {
    const struct attempt_result *result = &attempt->results[index];
    char file[HOST_NAME_BYTES + 8];
    snprintf(file, sizeof file, "%s.arrow", result->port);
    TRY(preview(attempt, index, err));
    struct codec_outcome outcome = {0};
    if (drop)
        TRY(encode(attempt, drop, result->segment, file, &outcome, err));
    struct manifest_output *output = new_output(attempt, result->port, file);
    output->rows = result->rows;
    output->columns = result->columns;
    output->segment_bytes = result->segment_bytes;
    output->bytes = outcome.bytes;
    return 0;
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

static int publish_visualization(struct attempt *attempt, struct storage_drop *drop, struct err *err) {
    if (attempt->joined >= 0) {
        struct stat status;
        if (fstat(attempt->joined, &status) < 0)
            return err_sys(err, REASON_INFRA, "fstat of the joined picture");
        new_output(attempt, "visualization", "visualization.png")->bytes = (uint64_t)status.st_size;
        if (drop)
            TRY(storage_drop_add(drop, "visualization.png", attempt->joined, err));
    }
    if (!drop)
        return 0;
    auto_fd int device = memory_new("quern-device", 0, err);
    TRY(device);
    TRY(write_device_json(attempt, device, err));
    return storage_drop_add(drop, "visualization.json", device, err);
}

static int publish_log(struct storage_drop *drop, struct spool *spool, const char *file, struct err *err) {
    if (spool->file < 0)
        return 0;
    TRY(spool_finish(spool, err));
    return drop ? storage_drop_add(drop, file, spool->file, err) : 0;
}

static int publish_all(struct attempt *attempt, struct storage_drop *drop, struct err *err) {
    struct manifest *manifest = &attempt->manifest;
    manifest->stdout_bytes = attempt->out.bytes;
    manifest->stderr_bytes = attempt->err.bytes;
    manifest->stdout_truncated = spool_truncated(&attempt->out);
    manifest->stderr_truncated = spool_truncated(&attempt->err);
    TRY(publish_log(drop, &attempt->out, "stdout.txt", err));
    TRY(publish_log(drop, &attempt->err, "stderr.txt", err));
    TRY(publish_visualization(attempt, drop, err));
    for (uint32_t i = 0; i < attempt->result_count && !attempt->verdict.reason; i++)
        TRY(publish_result(attempt, drop, i, err));
    return 0;
}

int step_publish(struct attempt *attempt, struct err *err) {
    if (attempt->output_dir)
        TRY(storage_drop_open(attempt->output_dir, &attempt->drop, err));
    return publish_all(attempt, attempt->drop, err);
}
