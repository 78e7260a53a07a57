// SPDX-License-Identifier: Apache-2.0
#include "arrow_write.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "quern/dataset.h"
#include "quern/own.h"

static const char magic[8] = "ARROW1";
static const uint32_t continuation = UINT32_MAX;

int arrow_write_at(int output, uint64_t position, const void *bytes, size_t count, struct err *err) {
    const char *from = bytes;
    while (count > 0) {
        ssize_t written = pwrite(output, from, count, (off_t)position);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0 && errno == EFBIG)
            return err_set(err, REASON_LIMIT_OUTPUT, "the Arrow file is larger than its limit");
        if (written < 0)
            return err_sys(err, errno == ENOSPC || errno == EDQUOT ? REASON_UNWRITABLE : REASON_INFRA,
                           "writing the Arrow file at byte %llu", (unsigned long long)position);
        from += written;
        position += (uint64_t)written;
        count -= (size_t)written;
    }
    return 0;
}

static void plan_done(struct arrow_plan *plan) {
    free(plan->messages);
    free(plan->buffers);
    free(plan->places);
}
#define auto_plan __attribute__((cleanup(plan_done)))

// Positions are ours, and an append-only descriptor would not heed them.
static int check_output(int output, struct err *err) {
    struct stat status;
    int flags = fcntl(output, F_GETFL);
    if (flags < 0 || fstat(output, &status) < 0)
        return err_sys(err, REASON_INFRA, "the output of an Arrow file");
    if (!S_ISREG(status.st_mode) || status.st_size != 0 || flags & O_APPEND)
        return err_set(err, REASON_INFRA,
                       "the output of an Arrow file: expected an empty regular file that is not append-only");
    return 0;
}

static int check_level(uint32_t level, struct err *err) {
    if (level > (uint32_t)ZSTD_maxCLevel())
        return err_set(err, REASON_INFRA, "compression level %u: at most %d is known", level, ZSTD_maxCLevel());
    return 0;
}

static uint32_t usable_threads(uint32_t asked) {
    cpu_set_t set;
    if (asked == 0)
        asked = sched_getaffinity(0, sizeof set, &set) == 0 ? (uint32_t)CPU_COUNT(&set) : 1;
    return asked < ARROW_MAX_THREADS ? asked : ARROW_MAX_THREADS;
}

static void plan_message(struct arrow_plan *plan, uint32_t first_array, uint32_t arrays, bool dictionary) {
    uint32_t index = plan->message_count++;
    struct arrow_message *message = &plan->messages[index];
    *message = (struct arrow_message){
        .first_array = first_array, .arrays = arrays, .first_buffer = plan->buffer_count, .dictionary = dictionary};
    for (uint32_t i = first_array; i < first_array + arrays; i++) {
        enum arrow_part parts[3];
        uint32_t count = arrow_column_parts(segment_array(plan->segment, i), parts);
        for (uint32_t k = 0; k < count; k++)
            plan->buffers[plan->buffer_count++] = (struct arrow_buffer){i, parts[k], index};
    }
    message->buffers = plan->buffer_count - message->first_buffer;
}

// A dictionary that no column points to has no id in the schema: readers would refuse it.
static void plan_messages(struct arrow_plan *plan, bool *wanted) {
    const struct segment_header *header = segment_header(plan->segment);
    for (uint32_t i = 0; i < header->columns; i++)
        if (segment_array(plan->segment, i)->dictionary != SEGMENT_NO_DICTIONARY)
            wanted[segment_array(plan->segment, i)->dictionary] = true;
    for (uint32_t i = header->columns; i < header->arrays; i++)
        if (wanted[i])
            plan_message(plan, i, 1, true);
    plan_message(plan, 0, header->columns, false);
}

static int plan_make(struct arrow_plan *plan, struct err *err) {
    size_t arrays = segment_header(plan->segment)->arrays;
    auto_free bool *wanted = calloc(arrays + 1, sizeof *wanted);
    plan->messages = calloc(arrays + 1, sizeof *plan->messages);
    plan->buffers = calloc(arrays * 3 + 1, sizeof *plan->buffers);
    plan->places = calloc(arrays * 3 + 1, sizeof *plan->places);
    if (!wanted || !plan->messages || !plan->buffers || !plan->places)
        return err_set(err, REASON_INFRA, "out of memory for the plan of %zu arrays", arrays);
    plan_messages(plan, wanted);
    return 0;
}

static int write_framed(const struct arrow_plan *plan, uint64_t position, const struct flat_build *flat, int32_t bytes,
                        struct err *err) {
    uint32_t prefix[2] = {continuation, (uint32_t)bytes - (uint32_t)sizeof prefix};
    static const char zeros[ARROW_ALIGN];
    uint64_t end = position + sizeof prefix + flat->used;
    TRY(arrow_write_at(plan->output, position, prefix, sizeof prefix, err));
    TRY(arrow_write_at(plan->output, position + sizeof prefix, flat_bytes(flat), flat->used, err));
    return arrow_write_at(plan->output, end, zeros, position + (uint64_t)bytes - end, err);
}

static int size_message(const struct arrow_plan *plan, struct arrow_message *message, struct err *err) {
    __attribute__((cleanup(flat_done))) struct flat_build flat;
    flat_init(&flat);
    TRY(arrow_meta_message(plan, message, &flat, err));
    message->block.metadata_bytes = arrow_meta_bytes(&flat, 0);
    return 0;
}

static int write_message(const struct arrow_plan *plan, const struct arrow_message *message, struct err *err) {
    __attribute__((cleanup(flat_done))) struct flat_build flat;
    flat_init(&flat);
    TRY(arrow_meta_message(plan, message, &flat, err));
    return write_framed(plan, (uint64_t)message->block.offset, &flat, message->block.metadata_bytes, err);
}

static int write_head(struct arrow_plan *plan, const char *pandas, size_t pandas_bytes, struct err *err) {
    __attribute__((cleanup(flat_done))) struct flat_build flat;
    flat_init(&flat);
    TRY(arrow_meta_schema(plan, pandas, pandas_bytes, &flat, err));
    int32_t bytes = arrow_meta_bytes(&flat, sizeof magic);
    TRY(arrow_write_at(plan->output, 0, magic, sizeof magic, err));
    TRY(write_framed(plan, sizeof magic, &flat, bytes, err));
    plan->position = sizeof magic + (uint64_t)bytes;
    return 0;
}

static int write_bodies(struct arrow_plan *plan, struct err *err) {
    for (uint32_t i = 0; i < plan->message_count; i++)
        TRY(size_message(plan, &plan->messages[i], err));
    TRY(arrow_compress(plan, err));
    for (uint32_t i = 0; i < plan->message_count; i++)
        TRY(write_message(plan, &plan->messages[i], err));
    return 0;
}

static int write_foot(struct arrow_plan *plan, const char *pandas, size_t pandas_bytes, struct err *err) {
    __attribute__((cleanup(flat_done))) struct flat_build flat;
    const uint32_t end[2] = {continuation, 0};
    flat_init(&flat);
    TRY(arrow_meta_footer(plan, pandas, pandas_bytes, &flat, err));
    uint32_t bytes = (uint32_t)flat.used;
    TRY(arrow_write_at(plan->output, plan->position, end, sizeof end, err));
    plan->position += sizeof end;
    TRY(arrow_write_at(plan->output, plan->position, flat_bytes(&flat), flat.used, err));
    plan->position += flat.used;
    TRY(arrow_write_at(plan->output, plan->position, &bytes, sizeof bytes, err));
    plan->position += sizeof bytes;
    TRY(arrow_write_at(plan->output, plan->position, magic, strlen(magic), err));
    plan->position += strlen(magic);
    return 0;
}

int dataset_write(const void *segment, int output, uint32_t level, uint32_t threads, uint64_t *ret_bytes,
                  struct err *err) {
    auto_plan struct arrow_plan plan = {
        .segment = segment, .output = output, .level = level ? level : 1, .threads = usable_threads(threads)};
    auto_free char *pandas = NULL;
    size_t pandas_bytes;
    TRY(check_output(output, err));
    TRY(check_level(level, err));
    TRY(plan_make(&plan, err));
    TRY(arrow_pandas(segment, &pandas, &pandas_bytes, err));
    TRY(write_head(&plan, pandas, pandas_bytes, err));
    TRY(write_bodies(&plan, err));
    TRY(write_foot(&plan, pandas, pandas_bytes, err));
    *ret_bytes = plan.position;
    return 0;
}
