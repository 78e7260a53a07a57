// SPDX-License-Identifier: Apache-2.0
// Who made the segment met foreign bytes: its layout is proved before it is looked at.
#include "column_report.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "quern/segment.h"
#include "quern/treatment.h"
#include "quern/utf8.h"

// As many bytes as there is room for, and no half character.
static void copy_name(const void *segment, const struct segment_array *array, char name[HOST_NAME_BYTES]) {
    const char *from = segment_at(segment, array->name);
    size_t bytes = array->name.bytes;
    if (bytes > HOST_NAME_BYTES - 1)
        for (bytes = HOST_NAME_BYTES - 1; bytes > 0 && !utf8_starts((uint8_t)from[bytes]); bytes--)
            continue;
    memcpy(name, from, bytes);
    name[bytes] = '\0';
}

static void describe(const void *segment, uint32_t index, struct manifest_column *ret) {
    const struct segment_array *array = segment_array(segment, index);
    struct treatment treatment;
    treatment_of(segment, index, &treatment);
    copy_name(segment, array, ret->name);
    ret->type = segment_kind_name((enum segment_kind)array->kind);
    ret->treatment = treatment.word;
    ret->why = treatment.why;
    ret->bytes = treatment.bytes;
}

static uint32_t room_left(const struct attempt *attempt, uint32_t input) {
    uint32_t left = MANIFEST_MAX_LISTED_IN_ALL;
    for (uint32_t i = 0; i < input; i++)
        left -= attempt->manifest.inputs[i].listed_count;
    return left < MANIFEST_MAX_LISTED ? left : MANIFEST_MAX_LISTED;
}

static int list(struct attempt *attempt, uint32_t input, const void *segment, struct err *err) {
    struct manifest_input *record = &attempt->manifest.inputs[input];
    uint32_t columns = segment_header(segment)->columns, room = room_left(attempt, input);
    uint32_t count = columns < room ? columns : room;
    record->listed = calloc(count + 1, sizeof *record->listed);
    if (!record->listed)
        return err_set(err, REASON_INFRA, "out of memory for a report on %u columns", count);
    for (uint32_t i = 0; i < count; i++)
        describe(segment, i, &record->listed[i]);
    record->listed_count = count;
    return 0;
}

int column_report(struct attempt *attempt, uint32_t input, struct err *err) {
    struct stat status;
    int fd = attempt->inputs[input].segment;
    if (fstat(fd, &status) < 0)
        return err_sys(err, REASON_INFRA, "fstat of a segment");
    size_t bytes = (size_t)status.st_size;
    void *segment = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    if (segment == MAP_FAILED)
        return err_sys(err, REASON_INFRA, "mmap of a segment of %zu bytes", bytes);
    int result = segment_check_layout(segment, bytes, err);
    if (result == 0)
        result = list(attempt, input, segment, err);
    munmap(segment, bytes);
    return result;
}
