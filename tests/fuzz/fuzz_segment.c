// SPDX-License-Identifier: Apache-2.0
// What the check accepts can be read to its last byte by somebody who trusts it.
#include <stdlib.h>
#include <string.h>

#include "quern/own.h"
#include "quern/segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static uint64_t sum(const void *base, struct segment_span span) {
    const uint8_t *bytes = segment_at(base, span);
    uint64_t total = 0;
    for (uint64_t i = 0; i < span.bytes; i++)
        total += bytes[i];
    return total;
}

static uint64_t read_texts(const void *base, const struct segment_array *array) {
    const int64_t *offsets = segment_at(base, array->offsets);
    const uint8_t *values = segment_at(base, array->values);
    uint64_t total = 0;
    for (uint64_t row = 0; row < array->length; row++)
        for (int64_t at = offsets[row]; at < offsets[row + 1]; at++)
            total += values[at];
    return total;
}

static uint64_t read_array(const void *base, const struct segment_array *array) {
    uint64_t total = sum(base, array->name) + sum(base, array->zone) + sum(base, array->nulls) +
                     sum(base, array->offsets) + sum(base, array->values);
    if (segment_kind_is_bytes((enum segment_kind)array->kind))
        total += read_texts(base, array);
    if (segment_kind_is_codes((enum segment_kind)array->kind))
        total += segment_array(base, array->dictionary)->length;
    return total;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    uint64_t seen = 0;
    auto_free char *base = malloc(count ? count : 1);
    if (!base)
        abort();
    if (count > 0)
        memcpy(base, bytes, count);
    if (segment_check(base, count, NULL) == 0)
        for (uint32_t i = 0; i < segment_header(base)->arrays; i++)
            seen += read_array(base, segment_array(base, i));
    // A sum that cannot be: without the question nothing would be read.
    if (seen == UINT64_MAX)
        abort();
    return 0;
}
