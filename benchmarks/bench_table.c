// SPDX-License-Identifier: Apache-2.0
#include "bench_table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quern/segment.h"

enum { COLUMNS = 10, CATEGORIES = 40, MAIL_BYTES = 40, ROW_BYTES = 8 * 7 + 1 + 8 + 28 };

static const struct {
    const char *name;
    enum segment_kind kind;
} columns[COLUMNS] = {
    {"price", SEGMENT_FLOAT64},  {"paid", SEGMENT_FLOAT64}, {"measured", SEGMENT_FLOAT64}, {"score", SEGMENT_FLOAT64},
    {"customer", SEGMENT_INT64}, {"row", SEGMENT_INT64},    {"when", SEGMENT_TIMESTAMP},   {"new", SEGMENT_BOOL},
    {"country", SEGMENT_CODES8}, {"mail", SEGMENT_UTF8},
};

static uint64_t next_random(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    return *seed ^= *seed << 17;
}

static double uniform(uint64_t *seed) { return (double)(next_random(seed) >> 11) * 0x1p-53; }

static void *column(void *base, uint32_t index) { return segment_at(base, segment_array(base, index)->values); }

static void fill_numbers(void *base, uint64_t rows, uint64_t *seed) {
    double *price = column(base, 0), *paid = column(base, 1), *measured = column(base, 2), *score = column(base, 3);
    int64_t *customer = column(base, 4), *row = column(base, 5), *when = column(base, 6), now = 1700000000000000000;
    for (uint64_t i = 0; i < rows; i++) {
        price[i] = floor(uniform(seed) * 100000) / 100;
        paid[i] = uniform(seed) < 0.1 ? NAN : floor(uniform(seed) * 100000) / 100;
        segment_array(base, 1)->null_count += paid[i] != paid[i];
        measured[i] = uniform(seed) - 0.5;
        score[i] = floor(uniform(seed) * 1000) / 10;
        customer[i] = (int64_t)(next_random(seed) % 1000000);
        row[i] = (int64_t)i;
        when[i] = now += (int64_t)(next_random(seed) % 60) * 1000000000;
    }
}

static void fill_small(void *base, uint64_t rows, uint64_t *seed) {
    uint8_t *fresh = column(base, 7);
    int8_t *country = column(base, 8);
    for (uint64_t i = 0; i < rows; i++) {
        fresh[i] = next_random(seed) % 8 == 0;
        country[i] = (int8_t)(next_random(seed) % CATEGORIES);
    }
}

static void fill_texts(void *base, uint32_t index, const char *before, const char *behind, uint64_t rows) {
    struct segment_array *array = segment_array(base, index);
    int64_t *offsets = segment_at(base, array->offsets), used = 0;
    char *bytes = segment_at(base, array->values);
    for (uint64_t i = 0; i < rows; i++) {
        char text[MAIL_BYTES];
        int length = snprintf(text, sizeof text, "%s%llu%s", before, (unsigned long long)(i * 7919 % 10000000), behind);
        memcpy(bytes + used, text, (size_t)length);
        offsets[i + 1] = used += length;
    }
    array->values.bytes = (uint64_t)used;
}

static void describe(struct segment_spec *specs, uint64_t rows) {
    for (uint32_t i = 0; i < COLUMNS; i++)
        specs[i] = (struct segment_spec){
            .kind = columns[i].kind,
            .unit = columns[i].kind == SEGMENT_TIMESTAMP ? SEGMENT_UNIT_NS : 0,
            .length = rows,
            .data_bytes = columns[i].kind == SEGMENT_UTF8 ? rows * MAIL_BYTES : 0,
            .dictionary = columns[i].kind == SEGMENT_CODES8 ? COLUMNS : SEGMENT_NO_DICTIONARY,
            .name = columns[i].name,
            .name_bytes = strlen(columns[i].name),
        };
    specs[COLUMNS] = (struct segment_spec){.kind = SEGMENT_UTF8,
                                           .length = CATEGORIES,
                                           .data_bytes = CATEGORIES * MAIL_BYTES,
                                           .dictionary = SEGMENT_NO_DICTIONARY};
}

void *bench_table(uint64_t bytes, uint64_t *ret_bytes) {
    struct segment_spec specs[COLUMNS + 1];
    uint64_t rows = bytes / ROW_BYTES, seed = 88172645463325252u, size;
    struct segment_shape shape = {specs, COLUMNS, COLUMNS + 1, rows, SEGMENT_PROFILE_NS};
    describe(specs, rows);
    void *base = NULL;
    if (segment_layout(&shape, &size, NULL) == 0)
        base = aligned_alloc(SEGMENT_ALIGN, (size + SEGMENT_ALIGN - 1) / SEGMENT_ALIGN * SEGMENT_ALIGN);
    if (!base)
        abort();
    memset(base, 0, size);
    if (segment_format(base, size, &shape, NULL) < 0)
        abort();
    fill_numbers(base, rows, &seed);
    fill_small(base, rows, &seed);
    fill_texts(base, 9, "user", "@example.org", rows);
    fill_texts(base, COLUMNS, "country ", "", CATEGORIES);
    *ret_bytes = size;
    return base;
}
